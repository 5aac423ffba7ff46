import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { GiB, MiB } from '../../../../src/base/units.ts';
import { hashRoots, type HashRoot } from '../../../../src/transfer/verify/hash-roots.ts';
import type { ManifestRecord } from '../../../../src/transfer/verify/manifest-frame.ts';
import { Manifest } from '../../../../src/transfer/verify/manifest.ts';

async function rootsOf(...additions: readonly (readonly ManifestRecord[])[]): Promise<HashRoot[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mk-roots-'));
  try {
    const manifest = await Manifest.open({ path: join(folder, 'm'), identity: 'x', lengthBytes: 8 * GiB, done: [] });
    for (const records of additions) await manifest.add(records);
    const roots = await hashRoots(manifest);
    await manifest.close();
    return roots;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const data = (offset: number, hash: bigint, length = MiB): ManifestRecord => ({ kind: 'data', offset, length, hash });
const zeros = (offset: number, length: number): ManifestRecord => ({ kind: 'zero', offset, length });

test('there is one root per GiB that was touched, and the order of the copy does not matter', async () => {
  const [one, two, three] = [data(0, 1n), data(MiB, 2n ** 64n - 1n), data(5 * GiB, 3n)];
  const roots = await rootsOf([one, two, three, zeros(3 * GiB - MiB, 2 * MiB)]);
  expect(roots.map(({ gibIndex, dataBytes, zeroBytes }) => [gibIndex, dataBytes, zeroBytes])).toEqual([
    [0, 2 * MiB, 0],
    [2, 0, MiB],
    [3, 0, MiB],
    [5, MiB, 0],
  ]);
  expect(await rootsOf([three], [zeros(3 * GiB, MiB), two], [zeros(3 * GiB - MiB, MiB)], [one])).toEqual(roots);
});

test('a root tells hashes, places and zeros apart', async () => {
  const variants = [
    [data(0, 1n), data(MiB, 2n)],
    [data(0, 2n), data(MiB, 1n)],
    [data(0, 1n), data(2 * MiB, 2n)],
    // As many bytes in all, cut elsewhere.
    [data(0, 1n, MiB - 512), data(MiB, 2n, MiB + 512)],
    [data(0, 1n), data(MiB, 2n), zeros(2 * MiB, MiB)],
    [data(0, 1n), data(MiB, 2n), zeros(2 * MiB, 2 * MiB)],
  ];
  const roots = await Promise.all(variants.map(async (records) => (await rootsOf(records))[0]?.root));
  expect(new Set(roots).size).toBe(variants.length);
});
