import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KiB, MiB } from '../../../../src/base/units.ts';
import type { ByteRange } from '../../../../src/transfer/block-device.ts';
import { loadChunkHash } from '../../../../src/transfer/verify/chunk-hash.ts';
import { decodeFrame, encodeFrame, type ManifestRecord } from '../../../../src/transfer/verify/manifest-frame.ts';
import { Manifest } from '../../../../src/transfer/verify/manifest.ts';

const TIB = 2 ** 40;
const LENGTH = 10 * TIB;
const ALL = [{ offset: 0, length: LENGTH }];
let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mk-manifest-'));
  path = join(folder, 'manifest');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (done: readonly ByteRange[] = [], identity = 'one'): Promise<Manifest> =>
  Manifest.open({ path, identity, lengthBytes: LENGTH, done });

const data = (offset: number, hash = BigInt(offset), length = 512 * KiB): ManifestRecord => ({
  kind: 'data',
  offset,
  length,
  hash,
});
const zeros = (offset: number, length: number): ManifestRecord => ({ kind: 'zero', offset, length });

async function recordsOf(manifest: Manifest): Promise<ManifestRecord[]> {
  const all: ManifestRecord[] = [];
  for await (const records of manifest.records()) all.push(...records);
  return all;
}

async function written(...records: ManifestRecord[]): Promise<void> {
  const manifest = await open();
  for (const record of records) await manifest.add([record]);
  await manifest.close();
}

describe('a manifest', () => {
  test('gives back what was added, sorted within each addition, and zeros that touch as one', async () => {
    const manifest = await open();
    await manifest.add([
      data(9 * TIB, 2n ** 64n - 1n),
      zeros(MiB, MiB),
      data(0, 0n, 512),
      zeros(0, MiB),
      zeros(8 * MiB, TIB),
    ]);
    expect(await recordsOf(manifest)).toEqual([
      data(0, 0n, 512),
      data(9 * TIB, 2n ** 64n - 1n),
      zeros(0, 2 * MiB),
      zeros(8 * MiB, TIB),
    ]);
    expect(manifest.longestBytes).toBe(512 * KiB);
    await manifest.close();
  });

  test('takes additions at the same time, of any number of records', async () => {
    const manifest = await open();
    const many = (from: number) => Array.from({ length: 20_000 }, (_, n) => data((from + n) * MiB));
    await Promise.all([manifest.add(many(0)), manifest.add(many(20_000)), manifest.add([])]);
    expect((await recordsOf(manifest)).map((record) => record.offset / MiB)).toEqual([...Array(40_000).keys()]);
    expect(statSync(path).size).toBeLessThan(40_000 * 24 + 1_000);
    await manifest.close();
  });

  test('is continued by the next run of the same copy, with the same sample', async () => {
    const first = await open();
    await first.add([data(0)]);
    await first.close();
    const second = await open(ALL);
    await second.add([data(MiB)]);
    expect(second.seed).toBe(first.seed);
    expect(await recordsOf(second)).toEqual([data(0), data(MiB)]);
    expect(second.longestBytes).toBe(512 * KiB);
    await second.close();
  });

  test('keeps only what the checkpoint says is done: a chunk whole or not at all, zeros cut', async () => {
    await written(data(0), data(MiB), zeros(4 * MiB, 8 * MiB));
    const manifest = await open([
      { offset: 0, length: 512 * KiB },
      { offset: MiB, length: 256 * KiB },
      { offset: 5 * MiB, length: MiB },
    ]);
    expect(await recordsOf(manifest)).toEqual([data(0), zeros(5 * MiB, MiB)]);
    expect(await manifest.coverage()).toEqual([
      { offset: 0, length: 512 * KiB },
      { offset: 5 * MiB, length: MiB },
    ]);
    await manifest.close();
  });

  test('of another copy is begun anew', async () => {
    await written(data(0));
    const manifest = await open(ALL, 'another');
    expect(await recordsOf(manifest)).toEqual([]);
    await manifest.close();
  });

  test('of a disk of another size is begun anew', async () => {
    await written(data(0));
    const manifest = await Manifest.open({ path, identity: 'one', lengthBytes: LENGTH + 512, done: ALL });
    expect(await recordsOf(manifest)).toEqual([]);
    expect(manifest.lengthBytes).toBe(LENGTH + 512);
    await manifest.close();
  });

  test('of each copy chooses a sample of its own', async () => {
    const seeds = new Set<number>();
    for (const identity of ['one', 'two', 'three']) {
      const manifest = await open([], identity);
      seeds.add(manifest.seed);
      await manifest.close();
    }
    expect(seeds.size).toBe(3);
  });

  test('says nothing of what lies behind the end of its disk, however it came there', async () => {
    const hash = await loadChunkHash();
    for (const kind of ['data', 'zero'] as const) {
      const record: ManifestRecord = { kind, offset: MiB, length: 512 * KiB, hash: 1n };
      const frame = encodeFrame(kind, [record], hash);
      expect(decodeFrame(frame, { lengthBytes: MiB + 512 * KiB, hash })).toHaveLength(1);
      expect(decodeFrame(frame, { lengthBytes: MiB + 512 * KiB - 1, hash })).toBeUndefined();
    }
  });

  test('that cannot grow says so to whoever adds to it', async () => {
    const manifest = await open();
    await manifest.close();
    await expect(manifest.add([data(0)])).rejects.toMatchObject({ code: 'transfer.manifest-unwritable' });
  });

  test('torn at any byte of its end loses the last addition and nothing else, and goes on from there', async () => {
    await written(data(0), data(MiB));
    const whole = readFileSync(path);
    for (let cut = 1; cut <= 48; cut += 1) {
      writeFileSync(path, whole);
      truncateSync(path, whole.length - cut);
      const manifest = await open(ALL);
      await manifest.add([data(2 * MiB)]);
      expect(await recordsOf(manifest)).toEqual([data(0), data(2 * MiB)]);
      await manifest.close();
    }
  });

  test('with a flipped bit anywhere behind its header says nothing that was not written', async () => {
    await written(data(0), data(MiB), zeros(8 * MiB, MiB));
    const whole = readFileSync(path);
    const start = whole.indexOf('\n') + 1;
    for (let at = start; at < whole.length; at += 1) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      writeFileSync(path, damaged);
      const manifest = await open(ALL);
      const all = await recordsOf(manifest);
      expect([data(0), data(MiB), zeros(8 * MiB, MiB)].slice(0, all.length)).toEqual(all);
      expect(all.length).toBeLessThan(3);
      await manifest.close();
    }
  });

  test('forgets what is copied anew', async () => {
    const manifest = await open();
    await manifest.add([data(0), data(MiB), zeros(4 * MiB, 8 * MiB)]);
    await manifest.forget([
      { offset: 0, length: MiB },
      { offset: 5 * MiB, length: MiB },
    ]);
    await manifest.add([data(0, 77n)]);
    expect(await recordsOf(manifest)).toEqual([data(MiB), zeros(4 * MiB, MiB), zeros(6 * MiB, 6 * MiB), data(0, 77n)]);
    await manifest.remove();
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('leaves a file alone that is something else', async () => {
    writeFileSync(path, '{"format":"of somebody else"}\nprecious');
    await expect(open()).rejects.toMatchObject({ code: 'transfer.manifest-foreign' });
    expect(readFileSync(path, 'utf8')).toBe('{"format":"of somebody else"}\nprecious');
  });

  test('that cannot be written says where and why', async () => {
    path = join(folder, 'missing', 'manifest');
    await expect(open()).rejects.toMatchObject({ code: 'transfer.manifest-unwritable' });
  });
});
