import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { KiB, MiB, SECOND } from '../../../src/base/units.ts';
import { lastLine, runCopy as copy, serversIn, startCopy } from '../../support/copy-command.ts';
import {
  sha256OfExport,
  sha256OfFile,
  sourceAndUsedTarget,
  startNbdkit,
  startQemuNbd,
  TestFolder,
} from '../../support/nbd-servers.ts';
import { until } from '../../support/until.ts';

const SIZE = 64 * MiB;
const DATA = [
  { offset: 0, length: 20 * MiB },
  { offset: 40 * MiB + 512, length: 20 * MiB },
];

describe('copy', () => {
  test('between servers prints one JSON object whose numbers add up', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startQemuNbd(folder, '--format=raw', image);
    await using to = await startNbdkit(folder, 'file', used);
    const { code, stdout, stderr } = await copy(folder, from.uri(), to.uri(), '--json');

    expect([code, stderr]).toEqual([0, '']);
    expect(lastLine(stdout)).toEqual({
      bytes_total: SIZE,
      bytes_copied: expect.any(Number),
      bytes_zeroed: expect.any(Number),
      bytes_skipped: 0,
      seconds: expect.any(Number),
      retries: 0,
      resumed: false,
      bytes_resumed: 0,
      verified: false,
    });
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test('makes a missing target file, sparse and equal, and leaves no server behind', async () => {
    using folder = new TestFolder();
    const { image } = await sourceAndUsedTarget(folder, SIZE, DATA);
    const { code, stdout } = await copy(folder, image, folder.file('new'), '--json', '--progress');
    expect(code).toBe(0);
    expect(lastLine(stdout)).toMatchObject({ bytes_zeroed: 0, bytes_total: SIZE });
    expect(await sha256OfFile(folder.file('new'))).toBe(await sha256OfFile(image));
    expect((await stat(folder.file('new'))).blocks * 512).toBeLessThan(48 * MiB);
    expect(serversIn(folder)).toEqual([]);
    expect(readdirSync(folder.path).filter((name) => name.startsWith('mk-nbd-'))).toEqual([]);
  });

  test('takes null: on either side', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    expect((await copy(folder, image, 'null:')).code).toBe(0);
    expect((await copy(folder, 'null:', used)).code).toBe(0);
    expect((await readFile(used)).every((byte) => byte === 0)).toBe(true);
  });

  test('with extents touches nothing else, with --zero-outside zeroes all else', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    const extents = folder.file('extents.json');
    await writeFile(
      extents,
      JSON.stringify([
        { offset: 4 * KiB, length: 64 * KiB },
        { length: 512, offset: 50 * MiB },
      ]),
    );
    const { code, stdout } = await copy(folder, image, used, '--extents', extents, '--json');
    expect(code).toBe(0);
    expect(lastLine(stdout)).toMatchObject({ bytes_total: 64 * KiB + 512, bytes_copied: 64 * KiB + 512 });

    const [source, target] = [await readFile(image), await readFile(used)];
    const expected = Buffer.alloc(SIZE, 0xa5);
    source.copy(expected, 4 * KiB, 4 * KiB, 68 * KiB);
    source.copy(expected, 50 * MiB, 50 * MiB, 50 * MiB + 512);
    expect(target.equals(expected)).toBe(true);

    expect((await copy(folder, image, used, '--extents', extents, '--zero-outside')).code).toBe(0);
    expected
      .fill(0, 0, 4 * KiB)
      .fill(0, 68 * KiB, 50 * MiB)
      .fill(0, 50 * MiB + 512);
    expect((await readFile(used)).equals(expected)).toBe(true);
  });

  test('--no-sparse writes the zeros too', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    const { stdout } = await copy(folder, image, used, '--no-sparse', '--json');
    expect(lastLine(stdout)).toMatchObject({ bytes_copied: SIZE, bytes_zeroed: 0 });
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test('with all tuning options is still equal', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    const tuning = [
      '--connections',
      '4',
      '--request-size',
      '64K',
      '--in-flight',
      '3',
      '--retries',
      '0',
      '--rate',
      '1G',
    ];
    expect((await copy(folder, image, used, ...tuning)).code).toBe(0);
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });
});

describe('copy refuses', () => {
  test.each([
    [['--verify=much'], '--verify'],
    [['--bitmap', 'x'], 'bitmap'],
    [['--tls-certificates', '/x'], 'tls-certificates'],
    [['--bogus'], 'bogus'],
    [['--connections', '0'], '--connections'],
    [['--request-size', '1000'], '--request-size'],
    [['--rate', 'fast'], '--rate'],
    [['--rate', '100'], '64K'],
    [['--rate', '-5'], 'dash'],
    [['--request-size', '1MB'], 'powers of 1024'],
    [['--verify', 'full'], '--verify=full'],
    [['--checkpoint', ''], '--checkpoint needs'],
    [['--tls-certificates', ''], '--tls-certificates needs'],
    [['--zero-outside'], '--extents'],
    [['third'], 'SRC and DST'],
  ])('%j with one line and code 2, and touches nothing', async (args, word) => {
    using folder = new TestFolder();
    const { code, stdout, stderr } = await copy(folder, 'null:', folder.file('target'), ...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(word);
    expect(existsSync(folder.file('target'))).toBe(false);
  });

  test('TLS, the same file twice and malformed URIs with code 2', async () => {
    using folder = new TestFolder();
    const { image } = await sourceAndUsedTarget(folder, SIZE, DATA);
    for (const args of [['nbds://host/x', image], [image, image], ['nbd+unix:///x', image], [image], ['', image]]) {
      expect(await copy(folder, ...args)).toMatchObject({ code: 2, stdout: '' });
    }
  });

  test('to write over what it reads, or over its own checkpoint, with code 2', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    const unmade = folder.file('unmade');
    for (const args of [
      [image, used, '--extents', used],
      [image, used, '--checkpoint', used],
      [image, used, '--checkpoint', image],
      [image, unmade, '--checkpoint', unmade],
    ]) {
      const refused = await copy(folder, ...args);
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('are the same file') });
    }
    expect(existsSync(unmade)).toBe(false);
    expect(await sha256OfFile(used)).not.toBe(await sha256OfFile(image));
  });

  test('what cannot work with one line and code 1', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await truncate(used, SIZE - 512);
    await writeFile(folder.file('bad.json'), '[{"offset":0,"length":512},');
    await writeFile(folder.file('unsorted.json'), '[{"offset":512,"length":512},{"offset":0,"length":512}]');
    const cases: [string[], string][] = [
      [[image, used], 'transfer.target-too-small'],
      [[folder.file('nothing'), used], 'copy.no-such-file'],
      [[folder.path, folder.file('new')], 'copy.not-a-disk'],
      [[`nbd+unix:///?socket=${folder.file('nobody')}`, used], 'nbd.connect-failed'],
      [[image, 'null:', '--extents', folder.file('bad.json')], 'copy.extents-unreadable'],
      [[image, 'null:', '--extents', folder.file('unsorted.json')], 'transfer.extents-not-sorted'],
      [[image, 'null:', '--extents', folder.file('nothing')], 'copy.extents-unreadable'],
      [[image, folder.file('unmade'), '--extents', folder.file('bad.json')], 'copy.extents-unreadable'],
      [[image, 'null:', '--checkpoint', folder.file('bad.json')], 'copy.checkpoint-unreadable'],
    ];
    for (const [args, code] of cases) {
      const ended = await copy(folder, ...args, '--json');
      expect(ended).toMatchObject({ code: 1, stdout: '' });
      expect(ended.stderr).toContain(code);
      expect(ended.stderr.trim().split('\n')).toHaveLength(1);
    }
    expect(existsSync(folder.file('unmade'))).toBe(false);
  });

  test('a full target, naming the export and the offset', async () => {
    using folder = new TestFolder();
    const { image } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using to = await startNbdkit(folder, 'full', '64M');
    const { code, stderr } = await copy(folder, image, to.uri(), '--allow-no-flush');
    expect(code).toBe(1);
    expect(stderr).toMatch(/at offset \d+ failed on nbd\+unix:.*ENOSPC/);
  });
});

describe('a copy with a checkpoint', () => {
  test('killed by SIGKILL resumes, is equal, and does little twice', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    const [log, checkpoint] = [folder.file('log'), folder.file('checkpoint')];
    await using to = await startNbdkit(folder, '--filter=log', 'file', used, `logfile=${log}`);
    const args = [image, to.uri(), '--checkpoint', checkpoint, '--json'];

    const { child, ended } = startCopy(folder, [...args, '--rate', String(6 * MiB)]);
    await until(() => existsSync(checkpoint) && linesOf(checkpoint) > 2, {
      withinMs: 60 * SECOND,
      what: 'two checkpoints',
    });
    child.kill('SIGKILL');
    expect((await ended).code).toBe(null);
    await until(() => serversIn(folder).length === 1, { withinMs: 60 * SECOND, what: 'end of the private server' });
    const { code, stdout, stderr } = await copy(folder, ...args);

    expect([code, stderr]).toEqual([0, '']);
    expect(lastLine(stdout)).toMatchObject({ resumed: true, bytes_total: SIZE });
    expect(existsSync(checkpoint)).toBe(false);
    expect(await sha256OfExport(to.uri())).toBe(await sha256OfFile(image));
    expect(writtenBytes(log) - 40 * MiB).toBeLessThan(32 * MiB);
  });

  test('refuses to resume when the sides differ where it was done', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    const header = {
      format: 'migratekit-copy-checkpoint-2',
      length_bytes: SIZE,
      target_bytes: SIZE,
      extents_sha256: null,
      outside: 'leave',
      snapshot: null,
    };
    await writeFile(folder.file('checkpoint'), `${JSON.stringify(header)}\ndone 0 ${8 * MiB}\n`);
    const { code, stderr } = await copy(folder, image, used, '--checkpoint', folder.file('checkpoint'));
    expect(code).toBe(1);
    expect(stderr).toContain('transfer.sides-differ');
    expect((await readFile(used)).every((byte) => byte === 0xa5)).toBe(true);
  });

  test('ignores a torn last line, and refuses the checkpoint of another copy or of a target that is gone', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    const checkpoint = folder.file('checkpoint');
    const header = {
      format: 'migratekit-copy-checkpoint-2',
      length_bytes: SIZE,
      target_bytes: SIZE,
      extents_sha256: null,
      outside: 'leave',
      snapshot: null,
    };
    await writeFile(checkpoint, `${JSON.stringify({ ...header, length_bytes: 512 })}\n`);
    expect((await copy(folder, image, used, '--checkpoint', checkpoint)).stderr).toContain('copy.checkpoint-foreign');

    await writeFile(checkpoint, `${JSON.stringify(header)}\ndone 0 ${8 * MiB}\n`);
    expect((await copy(folder, image, folder.file('gone'), '--checkpoint', checkpoint)).stderr).toContain(
      'copy.checkpoint-foreign',
    );
    expect(existsSync(folder.file('gone'))).toBe(false);

    await writeFile(checkpoint, `${JSON.stringify(header)}\ndone 0 671`);
    expect((await copy(folder, image, used, '--checkpoint', checkpoint)).code).toBe(0);
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends the copy with one line, code 1 and no process left',
  async (signal) => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    const { child, ended } = startCopy(folder, [image, used, '--rate', String(4 * MiB), '--progress']);
    let seen = '';
    child.stderr?.on('data', (text: string) => (seen += text));
    await until(() => seen.includes('%'), { withinMs: 60 * SECOND, what: 'first report' });
    child.kill(signal);
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    expect(stderr.trim().split('\n').at(-1)).toContain(`interrupted by ${signal}`);
    expect(serversIn(folder)).toEqual([]);
  },
);

const linesOf = (path: string): number => readFileSync(path, 'utf8').split('\n').length - 1;

/** Bytes that arrived as data, as the server logged them. */
function writtenBytes(log: string): number {
  const lines = readFileSync(log, 'utf8').matchAll(/ Write .*count=0x([0-9a-f]+)/g);
  return [...lines].reduce((sum, match) => sum + parseInt(match[1] ?? '0', 16), 0);
}
