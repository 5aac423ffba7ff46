import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openExtentsFile } from '../../../src/cli/extents-file.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mk-extents-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const fileOf = (text: string): string => {
  const path = join(folder, 'extents.json');
  writeFileSync(path, text);
  return path;
};

const read = async (text: string, lengthBytes = 1e9) => {
  const file = await openExtentsFile(fileOf(text), lengthBytes);
  const extents = [];
  for await (const extent of file.extents()) extents.push(extent);
  return { extents, bytes: file.bytes, sha256: file.sha256 };
};

describe('a file of extents', () => {
  test('may be laid out in any way that JSON allows', async () => {
    const compact = await read('[{"offset":0,"length":5},{"offset":10,"length":5}]');
    const airy = await read(
      '\n[ {"length" : 5,\n"offset": 0, "note": "a } b \\" {"} ,\t{"offset":10,"length":5}\n]\n\n',
    );
    expect(compact.extents).toEqual([
      { offset: 0, length: 5 },
      { offset: 10, length: 5 },
    ]);
    expect(airy).toEqual(compact);
    expect(compact.bytes).toBe(10);
    expect((await read('[]')).extents).toEqual([]);
  });

  test('is read in pieces, wherever these are cut', async () => {
    const extents = Array.from({ length: 20_000 }, (_, at) => ({ offset: at * 1000, length: 500 }));
    const file = await read(JSON.stringify(extents));
    expect(file.extents).toEqual(extents);
    expect(file.bytes).toBe(20_000 * 500);
  });

  test('has the same identity when it means the same', async () => {
    const one = await read('[{"offset":0,"length":10}]');
    const two = await read('[{"offset":0,"length":6},{"offset":4,"length":6}]');
    expect(two.sha256).toBe(one.sha256);
    expect((await read('[{"offset":0,"length":11}]')).sha256).not.toBe(one.sha256);
  });

  test('through a pipe is the same, as often as it is read', async () => {
    const extents = Array.from({ length: 50_000 }, (_, at) => ({ offset: at * 1000, length: 600 + (at % 5) * 100 }));
    const text = JSON.stringify(extents);
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const writing = writeFile(path, text);
    await using file = await openExtentsFile(path, 49_999_300);
    await writing;
    const whole = await read(text, 49_999_300);
    expect(whole.extents.length).toBe(50_000);
    expect(file).toMatchObject({ bytes: whole.bytes, sha256: whole.sha256 });
    const merged = [];
    for await (const extent of file.extents()) merged.push(extent);
    expect(merged.length).toBe(40_001);
    expect(merged[0]).toEqual({ offset: 0, length: 600 });
    expect(merged.at(-1)).toEqual({ offset: 49_999_000, length: 300 });
    const again = [];
    for await (const extent of file.extents()) again.push(extent);
    expect(again).toEqual(merged);
  });

  test.each([
    ['', 'cut off'],
    ['{}', 'unexpected'],
    ['[{"offset":0,"length":5}', 'cut off'],
    ['[{"offset":0,"length":5},]', 'unexpected'],
    ['[{"offset":0,"length":5}] []', 'unexpected'],
    ['[{"offset":0 "length":5}]', 'not JSON'],
    ['[{"offset":"0","length":5}]', 'numeric'],
    ['[1]', 'unexpected'],
    [`[{"offset":0,"length":5,"x":"${'y'.repeat(200_000)}"}]`, 'small object'],
  ])('that reads %.40s is refused', async (text, why) => {
    await expect(openExtentsFile(fileOf(text), 1e9)).rejects.toMatchObject({
      code: 'copy.extents-unreadable',
      message: expect.stringContaining(why),
    });
  });

  test('with numbers that JSON cannot carry exactly is refused', async () => {
    await expect(openExtentsFile(fileOf('[{"offset":9007199254740993,"length":1}]'), 1e9)).rejects.toMatchObject({
      code: 'transfer.extents-invalid',
    });
  });
});
