import { open } from 'node:fs/promises';
import { KiB } from '../../src/base/units.ts';
import { openNbdDevice } from '../../src/nbd/device.ts';
import type { ByteRange } from '../../src/transfer/block-device.ts';
import type { CopyOptions } from '../../src/transfer/copy-options.ts';
import { Manifest } from '../../src/transfer/verify/manifest.ts';
import { copyVerified, type VerifiedCopyOptions } from '../../src/transfer/verify/verified-copy.ts';
import type { TestFolder } from './nbd-servers.ts';

/** Copies between two servers that are verified, in this process. */

/** Of each chunk, unless a copy asks for another. */
export const VERIFIED_REQUEST = 512 * KiB;

export interface VerifiedGiven {
  readonly mode?: 'sample' | 'full';
  readonly copy?: Partial<CopyOptions>;
  readonly extents?: readonly ByteRange[];
  readonly manifest?: string;
  /** Called before each time that the target is opened again; may name another server for it. */
  readonly onReopen?: (time: number, how: { readonly readOnly: boolean }) => Promise<string | undefined>;
  readonly beforeRepair?: () => Promise<void>;
  readonly openReader?: VerifiedCopyOptions['openReader'];
}

/** Copies from one server to another and verifies; closes what it opened. */
export async function copyBetween(folder: TestFolder, uris: { from: string; to: string }, given: VerifiedGiven = {}) {
  await using source = await openNbdDevice(uris.from, { readOnly: true });
  await using target = await openNbdDevice(uris.to);
  const lengthBytes = given.copy?.lengthBytes ?? source.sizeBytes;
  const path = given.manifest ?? folder.file('manifest');
  const done = [...(given.copy?.checkpoint?.done ?? [])];
  const manifest = await Manifest.open({ path, identity: 'test', lengthBytes, done, seed: 1 });
  let times = 0;
  const options: VerifiedCopyOptions = {
    copy: { source, target, lengthBytes, requestBytes: VERIFIED_REQUEST, ...given.copy },
    extents: given.extents === undefined ? undefined : () => given.extents ?? [],
    mode: given.mode ?? 'full',
    manifest,
    beforeRepair: given.beforeRepair,
    openReader: given.openReader,
    async reopenTarget({ readOnly }) {
      const uri = (await given.onReopen?.((times += 1), { readOnly })) ?? uris.to;
      const device = await openNbdDevice(uri, { readOnly, signal: given.copy?.signal });
      return { device, close: () => device.close() };
    },
  };
  try {
    return await copyVerified(options);
  } finally {
    await manifest.close();
  }
}

/** Damages the file of a target as if its disk did. */
export async function damage(path: string, ...offsets: readonly number[]): Promise<void> {
  await using file = await open(path, 'r+');
  for (const offset of offsets) {
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, offset);
    await file.write(Buffer.from([(byte[0] ?? 0) ^ 0x41]), 0, 1, offset);
  }
}
