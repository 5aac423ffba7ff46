import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { KiB, MiB, SECOND } from '../../../src/base/units.ts';
import { ownMark } from '../../../src/base/process-mark.ts';
import { CheckpointFile } from '../../../src/cli/copy-checkpoint.ts';
import type { CheckpointedCopy } from '../../../src/cli/checkpoint-identity.ts';
import type { CopyExtents } from '../../../src/cli/extents-digest.ts';
import { openExtentsFile } from '../../../src/cli/extents-file.ts';
import type { ByteRange } from '../../../src/transfer/block-device.ts';
import { listOf } from '../../../src/transfer/range-streams.ts';
import { lastLine, runCopy, startCopy } from '../../support/copy-command.ts';
import { sha256OfFile, sourceAndUsedTarget, startNbdkit, TestFolder, writeImage } from '../../support/nbd-servers.ts';
import { until } from '../../support/until.ts';

const SIZE = 16 * MiB;
const BLOCK = 4 * KiB;

const range = (offset: number, length: number): ByteRange => ({ offset, length });

class Checkpoints {
  readonly folder: TestFolder;
  readonly path: string;
  #files = 0;

  constructor(folder: TestFolder) {
    this.folder = folder;
    this.path = folder.file('checkpoint');
  }

  async extents(...ranges: ByteRange[]): Promise<CopyExtents> {
    const path = this.folder.file(`list${(this.#files += 1)}`);
    await writeFile(path, JSON.stringify(ranges));
    return openExtentsFile(path, SIZE);
  }

  open(of: Partial<CheckpointedCopy>): Promise<CheckpointFile> {
    const sizes = { lengthBytes: SIZE, targetBytes: SIZE, blockBytes: BLOCK, outside: 'leave' as const };
    return CheckpointFile.open(this.path, {
      ...sizes,
      extents: undefined,
      snapshot: undefined,
      changed: undefined,
      ...of,
    });
  }

  /** A run that did `done` and was killed. */
  async run(of: Partial<CheckpointedCopy>, ...done: ByteRange[]): Promise<void> {
    const file = await this.open(of);
    await file.begin();
    if (done.length > 0) await file.add(done);
    await file.close();
  }
}

async function opened(file: CheckpointFile) {
  const extents = file.extents();
  return { done: file.done, extents: extents === undefined ? undefined : await listOf(extents) };
}

describe('a checkpoint on a new snapshot', () => {
  test('takes back what changed, whole blocks of it, and nothing else', async () => {
    using folder = new TestFolder();
    const all = new Checkpoints(folder);
    await all.run({ snapshot: 'one' }, range(0, 4 * MiB), range(8 * MiB, 8 * MiB));
    const areas = await all.extents(
      range(100, 1),
      range(3 * MiB + 5, BLOCK),
      range(6 * MiB, 4 * MiB),
      range(SIZE - 1, 50),
      range(SIZE + MiB, 1),
    );
    const left = [
      range(BLOCK, 3 * MiB - BLOCK),
      range(3 * MiB + 2 * BLOCK, MiB - 2 * BLOCK),
      range(10 * MiB, 6 * MiB - BLOCK),
    ];
    await all.run({ snapshot: 'two', changed: { areas, since: 'one' } });
    expect(await opened(await all.open({ snapshot: 'two' }))).toEqual({ done: left, extents: undefined });
  });

  test('is what it was until it has begun, and after that takes nothing back a second time', async () => {
    using folder = new TestFolder();
    const all = new Checkpoints(folder);
    await all.run({ snapshot: 'one' }, range(0, 4 * MiB));
    const changed = { areas: await all.extents(range(MiB, MiB)), since: 'one' };

    const before = await readFile(all.path, 'utf8');
    const killedEarly = await all.open({ snapshot: 'two', changed });
    expect(killedEarly.done).toEqual([range(0, MiB), range(2 * MiB, 2 * MiB)]);
    expect(await readFile(all.path, 'utf8')).toBe(before);

    await all.run({ snapshot: 'two', changed }, range(MiB, MiB));
    await all.run({ snapshot: 'two', changed }, range(8 * MiB, MiB));
    expect((await all.open({ snapshot: 'two' })).done).toEqual([range(0, 4 * MiB), range(8 * MiB, MiB)]);
  });

  test('is refused where something is missing between the two, and stays as it is', async () => {
    using folder = new TestFolder();
    const all = new Checkpoints(folder);
    await all.run({ snapshot: 'one' }, range(0, MiB));
    const before = await readFile(all.path, 'utf8');
    const areas = await all.extents(range(0, 1));
    for (const of of [
      {},
      { snapshot: 'two' },
      // Somebody believes that an attempt on snapshot two had begun.
      { snapshot: 'three', changed: { areas, since: 'two' } },
      { snapshot: 'two', changed: { areas, since: 'one' }, extents: areas },
      { snapshot: 'two', changed: { areas, since: 'one' }, lengthBytes: SIZE - BLOCK },
    ]) {
      await expect(all.open(of)).rejects.toMatchObject({ code: 'copy.checkpoint-foreign' });
    }
    expect(await readFile(all.path, 'utf8')).toBe(before);
    await all.run({ snapshot: 'one' });

    using other = new TestFolder();
    const unnamed = new Checkpoints(other);
    await unnamed.run({}, range(0, MiB));
    await expect(unnamed.open({ snapshot: 'two', changed: { areas, since: 'one' } })).rejects.toMatchObject({
      code: 'copy.checkpoint-foreign',
    });
  });

  test('keeps the extents of earlier runs, and adds those that are new and what changed', async () => {
    using folder = new TestFolder();
    const all = new Checkpoints(folder);
    const first = await all.extents(range(MiB, MiB), range(4 * MiB, MiB));
    // All between the two extents counts as done with the second.
    await all.run({ snapshot: 'one', extents: first }, range(0, 5 * MiB));

    const areas = await all.extents(range(MiB + 1, 10));
    const shrunkAndGrown = await all.extents(range(3 * MiB, 512), range(4 * MiB, MiB), range(9 * MiB, BLOCK));
    await all.run({ snapshot: 'two', extents: shrunkAndGrown, changed: { areas, since: 'one' } });

    const extents = [range(MiB, MiB), range(3 * MiB, 512), range(4 * MiB, MiB), range(9 * MiB, BLOCK)];
    const done = [range(0, MiB), range(MiB + BLOCK, 2 * MiB - BLOCK), range(3 * MiB + BLOCK, 2 * MiB - BLOCK)];
    const again = await all.open({ snapshot: 'two', extents: shrunkAndGrown });
    expect(await opened(again)).toEqual({ done, extents });
    await expect(all.open({ snapshot: 'two', extents: first })).rejects.toMatchObject({
      code: 'copy.checkpoint-foreign',
    });

    // The list of the first run once more: what changed since is copied all the same.
    const more = { areas: await all.extents(range(12 * MiB, MiB)), since: 'two' };
    await all.run({ snapshot: 'three', extents: first, changed: more });
    const last = await all.open({ snapshot: 'three', extents: first });
    expect((await opened(last)).extents).toEqual([...extents, range(12 * MiB, MiB)]);
    await last.begin();
    expect(last.extentsBytes).toBe(3 * MiB + 512 + BLOCK);
    await last.close();
  });
});

test.each([
  [['--snapshot', 'two'], '--checkpoint'],
  [['--checkpoint', 'x', '--changed', 'list', '--changed-since', 'one'], '--snapshot'],
  [['--checkpoint', 'x', '--snapshot', 'two', '--changed', 'list'], '--changed-since'],
  [['--checkpoint', 'x', '--snapshot', 'two', '--changed-since', 'one'], '--changed'],
  [['--checkpoint', 'x', '--snapshot', 'one', '--changed', 'list', '--changed-since', 'one'], 'same state'],
  [['--checkpoint', 'x', '--snapshot', 'with space'], 'printable'],
  [['--checkpoint', 'x', '--snapshot', ''], 'printable'],
])('%j names half of what is needed: one line and code 2', async (args, word) => {
  using folder = new TestFolder();
  const { code, stdout, stderr } = await runCopy(folder, 'null:', folder.file('target'), ...args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toContain(word);
  expect(readdirSync(folder.path)).toEqual([]);
});

describe('the file of a checkpoint', () => {
  test('is written anew when it has grown, and then says the same', async () => {
    using folder = new TestFolder();
    const all = new Checkpoints(folder);
    const extents = await all.extents(range(0, SIZE));
    const file = await all.open({ snapshot: 'one', extents });
    await file.begin();
    const rounds = 12;
    for (let round = 0; round < rounds; round += 1) {
      const blocks = Array.from({ length: SIZE / BLOCK / 2 }, (_, at) => range(at * 2 * BLOCK, BLOCK));
      await file.add(round === rounds - 1 ? [range(0, 2 * BLOCK)] : [...blocks, ...blocks, ...blocks]);
    }
    await file.close();
    expect((await readFile(all.path, 'utf8')).length).toBeLessThan(2 * MiB);
    const { done, extents: kept } = await opened(await all.open({ snapshot: 'one', extents }));
    expect(kept).toEqual([range(0, SIZE)]);
    expect(done.slice(0, 2)).toEqual([range(0, 3 * BLOCK), range(4 * BLOCK, BLOCK)]);
    expect(done).toHaveLength(SIZE / BLOCK / 2 - 1);
  });

  test('counts up to its first line that cannot be read; a list of extents must be whole', async () => {
    using folder = new TestFolder();
    const all = new Checkpoints(folder);
    const extents = await all.extents(range(0, MiB), range(2 * MiB, MiB));
    await all.run({ snapshot: 'one', extents }, range(0, BLOCK));
    const text = await readFile(all.path, 'utf8');
    await writeFile(all.path, `${text}done 8192 \0\0\0\0\ndone 65536 4096\ndone 131072 409`);
    expect((await all.open({ snapshot: 'one', extents })).done).toEqual([range(0, BLOCK)]);
    // No disk of this size has that.
    await writeFile(all.path, `${text}done ${SIZE - BLOCK} ${2 * BLOCK}\ndone 65536 4096\n`);
    expect((await all.open({ snapshot: 'one', extents })).done).toEqual([range(0, BLOCK)]);

    for (const part of [/extent 2097152 .*\n/, /extents [^]*/]) {
      await writeFile(all.path, text.replace(part, ''));
      const broken = await all.open({ snapshot: 'one', extents });
      await expect(broken.begin()).rejects.toMatchObject({ code: 'copy.checkpoint-unreadable' });
    }
  });

  test('is that of one copy: of these sizes, these extents and what is done outside of them', async () => {
    using folder = new TestFolder();
    const all = new Checkpoints(folder);
    const extents = await all.extents(range(0, MiB));
    await all.run({ extents }, range(0, BLOCK));
    for (const of of [
      { extents, lengthBytes: SIZE - BLOCK },
      { extents, targetBytes: SIZE + BLOCK },
      { extents, outside: 'zero' as const },
      { extents: await all.extents(range(0, 2 * MiB)) },
      { extents: undefined },
    ]) {
      await expect(all.open(of)).rejects.toMatchObject({ code: 'copy.checkpoint-foreign' });
    }
    expect((await all.open({ extents })).done).toEqual([range(0, BLOCK)]);
  });

  test('says that nobody knows any more whether the destination is zero', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, [range(MiB, MiB)]);
    const checkpoint = folder.file('checkpoint');
    const args = [image, used, '--destination-is-zero', '--checkpoint', checkpoint, '--json'];
    const believed = await runCopy(folder, ...args);
    expect(lastLine(believed.stdout)).toMatchObject({ bytes_copied: MiB, bytes_zeroed: 0, bytes_skipped: SIZE - MiB });
    expect((await readFile(used)).subarray(2 * MiB).every((byte) => byte === 0xa5)).toBe(true);

    // An earlier run began, and may have written more than it could say.
    const all = new Checkpoints(folder);
    await all.run({ blockBytes: 512 });
    const resumed = await runCopy(folder, ...args);
    expect(resumed).toMatchObject({ code: 0, stderr: '' });
    expect(lastLine(resumed.stdout)).toMatchObject({ bytes_zeroed: SIZE - MiB, bytes_skipped: 0 });
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test('in a folder that is missing is refused before anything is made', async () => {
    using folder = new TestFolder();
    await writeImage(folder.file('source'), MiB, []);
    const checkpoint = folder.file('missing/checkpoint');
    const ended = await runCopy(folder, folder.file('source'), folder.file('new'), '--checkpoint', checkpoint);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(
      /^copy: cannot save the checkpoint .*\(copy\.checkpoint-unsaved\); its folder must exist\n$/,
    );
    expect(existsSync(folder.file('new'))).toBe(false);

    await mkdir(checkpoint, { recursive: true });
    const folderInPlace = await runCopy(folder, folder.file('source'), 'null:', '--checkpoint', checkpoint);
    expect(folderInPlace).toMatchObject({ code: 1, stdout: '' });
    expect(folderInPlace.stderr).toContain('copy.checkpoint-unreadable');
    expect(readdirSync(folder.file('missing'))).toEqual(['checkpoint']);
  });

  test('that cannot grow ends the copy, says so, and is still true', async () => {
    using folder = new TestFolder();
    const checkpoint = folder.file('checkpoint');
    const { image, used } = await sourceAndUsedTarget(folder, SIZE);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, 'file', used);
    const args = [from.uri(), to.uri(), '--checkpoint', checkpoint, '--json'];
    // The header and part of what follows: the same as a disk that is full there.
    const limit = ['prlimit', '--fsize=230', '--'];
    const full = await startCopy(folder, [...args, '--rate', String(2 * MiB)], limit).ended;
    expect(full).toMatchObject({ code: 1, stdout: '' });
    expect(full.stderr).toMatch(/^copy: cannot save the checkpoint .*EFBIG.*\(copy\.checkpoint-unsaved\); free space/);

    const lines = (await readFile(checkpoint, 'utf8')).split('\n');
    expect(lines.pop()).toBe('');
    const saved = lines.slice(1).map((line) => line.split(' ').map(Number));
    expect(saved.length).toBeGreaterThan(0);
    const [source, target] = [await readFile(image), await readFile(used)];
    for (const [, offset = 0, length = 0] of saved) {
      expect(target.compare(source, offset, offset + length, offset, offset + length)).toBe(0);
    }
    const resumed = await runCopy(folder, ...args);
    expect(resumed).toMatchObject({ code: 0, stderr: '' });
    expect(lastLine(resumed.stdout)).toMatchObject({ resumed: true });
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test('is for one copy at a time, and what a killed one left keeps nobody out', async () => {
    using folder = new TestFolder();
    const checkpoint = folder.file('checkpoint');
    const { image, used } = await sourceAndUsedTarget(folder, SIZE);
    const args = [image, used, '--checkpoint', checkpoint];
    const first = startCopy(folder, [...args, '--rate', String(MiB)]);
    await until(() => existsSync(checkpoint), { withinMs: 60 * SECOND, what: 'the checkpoint' });
    const second = await runCopy(folder, ...args);
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toContain('copy.checkpoint-in-use');

    first.child.kill('SIGKILL');
    await first.ended;
    const left = () => readdirSync(folder.path).filter((name) => /used-by|mk-nbd-/.test(name));
    expect(left().length).toBeGreaterThanOrEqual(3);
    // The folder of a process that still runs stays.
    await mkdir(folder.file('mk-nbd-living'));
    await writeFile(folder.file(`mk-nbd-living/of-${ownMark()}`), '');
    expect(await runCopy(folder, ...args)).toMatchObject({ code: 0 });
    expect(left()).toEqual(['mk-nbd-living']);
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });
});
