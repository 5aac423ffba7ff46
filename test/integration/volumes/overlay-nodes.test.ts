import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { MiB } from '../../../src/base/units.ts';
import { addExport, removeExport } from '../../../src/volumes/block-exports.ts';
import { closeNodes, openNodes } from '../../../src/volumes/block-nodes.ts';
import { identify } from '../../../src/volumes/device-identity.ts';
import type { Device } from '../../../src/volumes/device.ts';
import { checkOverlayFile, createOverlayFile, takesDirectAccess } from '../../../src/volumes/overlay-file.ts';
import { startStorageProcess, type StorageProcess } from '../../../src/volumes/storage-process.ts';
import { qemuIo } from '../../support/qemu-view.ts';

/** What qemu itself says of the nodes of a volume: what of them can be written, and by what way. */

const BYTES = 16 * MiB;
const SERIAL = '0123456789abcdef0123';

const nodesSchema = z.array(
  z.object({
    'node-name': z.string(),
    ro: z.boolean(),
    cache: z.looseObject({ direct: z.boolean(), 'no-flush': z.boolean() }),
  }),
);

const isRoot = process.getuid?.() === 0;
const dir = mkdtempSync(join(tmpdir(), 'mkn-'));
const devicePath = join(dir, 'device');
const ram = join(dir, 'ram');
mkdirSync(ram);
/** A file system that knows no direct access. */
const isRam = isRoot && spawnSync('mount', ['-t', 'ramfs', 'none', ram]).status === 0;

let storage: StorageProcess;
let device: Device;
beforeAll(async () => {
  storage = await startStorageProcess(join(dir, 'run'), { type: 'unix', path: join(dir, 'nbd.sock') });
  writeFileSync(devicePath, '');
  truncateSync(devicePath, BYTES);
  const found = await identify(devicePath);
  if (found === undefined) throw new Error('no device');
  const { identity } = found;
  device = { path: devicePath, identity, kind: 'file', sizeBytes: BYTES, serial: SERIAL, sequence: undefined };
});
afterAll(async () => {
  await storage.kill();
  if (isRam) spawnSync('umount', [ram]);
  rmSync(dir, { recursive: true, force: true });
});

async function overlayIn(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await createOverlayFile(path, BYTES);
  return path;
}

type Nodes = Record<string, z.output<typeof nodesSchema>[number]>;

async function nodes(): Promise<Nodes> {
  const all = nodesSchema.parse(await storage.qmp.execute('query-named-block-nodes', { flat: true }));
  return Object.fromEntries(all.map((node) => [node['node-name'].replace(`-${SERIAL}`, ''), node]));
}

test.each([
  ['export', { vol: true, overfile: false, over: false }],
  ['merge', { vol: false, overfile: true, over: true }],
] as const)('what of a volume is only read in %s, and nothing of it forgets a flush', async (purpose, readOnly) => {
  const overlayPath = await overlayIn(dir, `${purpose}.qcow2`);
  await openNodes(storage, { serial: SERIAL, device, overlayPath }, purpose);
  const found = await nodes();
  expect(Object.fromEntries(Object.entries(found).map(([name, { ro }]) => [name, ro]))).toEqual(readOnly);
  expect(Object.values(found).map(({ cache }) => cache['no-flush'])).toEqual([false, false, false]);
  expect(found['overfile']?.cache.direct).toBe(await takesDirectAccess(overlayPath));
  await closeNodes(storage, SERIAL);
});

// A file system without direct access has to be mounted.
(isRam ? test : test.skip)('an overlay may lie where there is no direct access', async () => {
  const overlayPath = await overlayIn(ram, 'a,b.qcow2');
  await expect(takesDirectAccess(overlayPath)).resolves.toBe(false);
  const id = `export-${SERIAL}-1`;
  await addExport(storage, { serial: SERIAL, id, name: 'ram', device, overlayPath });
  expect((await nodes())['overfile']?.cache).toEqual({ direct: false, 'no-flush': false, writeback: true });
  await qemuIo(`nbd+unix:///ram?socket=${join(dir, 'nbd.sock')}`, 'write -P 0x22 0 64k', 'flush', 'read -P 0x22 0 64k');
  await removeExport(storage, SERIAL);
  await expect(checkOverlayFile(overlayPath, BYTES)).resolves.toBe('good');
});
