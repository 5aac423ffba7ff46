import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { openNbdDevice } from '../../src/nbd/device.ts';
import type { NbdDeviceOptions } from '../../src/nbd/device-options.ts';
import type { ByteRange } from '../../src/transfer/block-device.ts';
import { copyDisk } from '../../src/transfer/copy-disk.ts';
import type { CopyOptions, CopyResult } from '../../src/transfer/copy-options.ts';

export interface CopySettings {
  readonly source?: NbdDeviceOptions;
  readonly target?: NbdDeviceOptions;
  readonly copy?: Partial<Omit<CopyOptions, 'source' | 'target'>>;
}

/** Copies all of one export to another; the devices are closed when it returns. */
export async function copyExport(from: string, to: string, settings: CopySettings = {}): Promise<CopyResult> {
  await using source = await openNbdDevice(from, { readOnly: true, ...settings.source });
  await using target = await openNbdDevice(to, settings.target ?? {});
  return await copyDisk({ source, target, lengthBytes: source.sizeBytes, ...settings.copy });
}

/** Ranges of an export that read zero, as a foreign client hears it from the server. */
export async function zerosOf(uri: string): Promise<ByteRange[]> {
  const { stdout } = await promisify(execFile)('nbdinfo', ['--map', '--json', uri], { maxBuffer: 1 << 26 });
  const map = JSON.parse(stdout) as { offset: number; length: number; type: number }[];
  return map.filter(({ type }) => (type & 2) !== 0);
}
