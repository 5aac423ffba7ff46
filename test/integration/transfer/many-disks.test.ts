import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import type { ManyDisks, ManyDisksOutcome } from '../../../bench/copy/many-disks-process.ts';
import { MiB } from '../../../src/base/units.ts';
import { sha256OfExport, startNbdkit, TestFolder } from '../../support/nbd-servers.ts';

const MAIN = join(process.cwd(), 'bench/copy/many-disks-process.ts');
const DISKS = 24;

async function copy(order: ManyDisks): Promise<ManyDisksOutcome> {
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, JSON.stringify(order)]);
  return JSON.parse(stdout) as ManyDisksOutcome;
}

test('many disks in one process stay within its memory, and none starves', async () => {
  using folder = new TestFolder();
  // All of them read the same disk and write the same bytes to the same places.
  await using source = await startNbdkit(folder, 'pattern', `size=${64 * MiB}`);
  await using target = await startNbdkit(folder, 'memory', `size=${64 * MiB}`);
  const disk = { source: source.uri(), target: target.uri() };
  const one = await copy({ disks: [disk] });
  const all = await copy({ disks: Array.from({ length: DISKS }, () => disk) });
  expect(all.bytesCopied).toBeGreaterThan(DISKS * 63 * MiB);
  expect((all.peakBytes - one.peakBytes) / (DISKS - 1)).toBeLessThan(24 * MiB);
  expect(all.slowest).toBeGreaterThan(0.2);
  expect(await sha256OfExport(target.uri())).toBe(await sha256OfExport(source.uri()));
});

test('disks of one limit get the same share of it, whether they have one request in flight or forty', async () => {
  using folder = new TestFolder();
  await using source = await startNbdkit(folder, 'pattern', `size=${16 * MiB}`);
  await using target = await startNbdkit(folder, 'memory', `size=${16 * MiB}`);
  const disks = [1, 40, 40, 8].map((inFlight) => ({ source: source.uri(), target: target.uri(), inFlight }));
  const { seconds, bytesCopied, slowest } = await copy({ disks, rateBytesPerS: 24 * MiB });
  // By requests it would have a fortieth.
  expect(slowest).toBeGreaterThan(0.4);
  // Never faster than the limit; how much slower is a matter of the machine.
  expect(bytesCopied / seconds).toBeLessThan(24 * MiB * 1.05);
});
