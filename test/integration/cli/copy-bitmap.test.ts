import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KiB, MiB } from '../../../src/base/units.ts';
import { runCopy } from '../../../src/cli/copy.ts';
import { NbdServer, noise, startNbdkit, startQemuNbd, TestFolder, writeUsed } from '../../support/nbd-servers.ts';

const SIZE = 64 * MiB;
const NAME = 'since monday';
/** Written after the bitmap was made; the granularity of the bitmap is 64 KiB. */
const WRITES = [
  { offset: 0, length: 512 },
  { offset: 3 * MiB + 4 * KiB, length: 200 * KiB },
  { offset: SIZE - 64 * KiB, length: 64 * KiB },
];
const DIRTY = [
  { offset: 0, length: 64 * KiB },
  { offset: 3 * MiB, length: 256 * KiB },
  { offset: SIZE - 64 * KiB, length: 64 * KiB },
];

const run = promisify(execFile);
const folder = new TestFolder();
const image = folder.file('source.qcow2');

beforeAll(async () => {
  const raw = folder.file('raw');
  await writeFile(raw, noise(SIZE, 7));
  await run('qemu-img', ['convert', '-O', 'qcow2', raw, image]);
  await run('qemu-img', ['bitmap', '--add', image, NAME]);
  await run('qemu-img', ['bitmap', '--add', image, 'unwritten']);
  await run('qemu-img', ['bitmap', '--disable', image, 'unwritten']);
  const writes = WRITES.flatMap(({ offset, length }) => ['-c', `write -P 0x77 ${offset} ${length}`]);
  await run('qemu-io', ['-f', 'qcow2', ...writes, '-c', 'write -z 8M 1M', image]);
});
afterAll(() => folder[Symbol.dispose]());

interface Ended {
  readonly code: number;
  readonly out: Record<string, unknown>;
  readonly err: string;
}

async function copy(...args: readonly string[]): Promise<Ended> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCopy(args, {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    threadModules: {
      carrier: pathToFileURL(join(process.cwd(), 'src/cli/copy-thread.ts')),
      reader: pathToFileURL(join(process.cwd(), 'src/cli/verify-thread.ts')),
    },
  });
  return { code, out: JSON.parse(out[0] ?? '{}') as Record<string, unknown>, err: err.join('\n') };
}

/** What the target must be: used bytes everywhere but where the bitmap is dirty. */
async function expected(): Promise<Buffer> {
  const raw = folder.file('now');
  await run('qemu-img', ['convert', '-O', 'raw', image, raw]);
  const now = await readFile(raw);
  const whole = Buffer.alloc(SIZE, 0xa5);
  for (const { offset, length } of [...DIRTY, { offset: 8 * MiB, length: MiB }]) {
    now.copy(whole, offset, offset, offset + length);
  }
  return whole;
}

async function startDaemon(...bitmaps: readonly string[]): Promise<NbdServer> {
  const socket = folder.file('qsd');
  const named = bitmaps.map((name, at) => `,bitmaps.${at}=${name}`).join('');
  return NbdServer.start(
    [
      'qemu-storage-daemon',
      ...['--blockdev', `driver=file,node-name=file,filename=${image},read-only=on`],
      ...['--blockdev', 'driver=qcow2,node-name=disk,file=file,read-only=on'],
      ...['--nbd-server', `addr.type=unix,addr.path=${socket},max-connections=0`],
      ...['--export', `type=nbd,id=disk,node-name=disk,name=disk${named}`],
    ],
    socket,
  );
}

describe('copy --bitmap', () => {
  test('copies what a bitmap of qemu-nbd calls written, and touches nothing else', async () => {
    const used = folder.file('used-1');
    await writeUsed(used, SIZE);
    await using from = await startQemuNbd(folder, '--read-only', '--format=qcow2', `--bitmap=${NAME}`, image);
    await using to = await startNbdkit(folder, 'file', used);
    const { code, out, err } = await copy(from.uri(), to.uri(), '--bitmap', NAME, '--json');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatchObject({ bytes_total: 384 * KiB + MiB, bytes_copied: 384 * KiB, bytes_zeroed: MiB });
    expect((await readFile(used)).equals(await expected())).toBe(true);
  });

  test('takes one of several bitmaps of a qemu-storage-daemon', async () => {
    const used = folder.file('used-2');
    await writeUsed(used, SIZE);
    await using from = await startDaemon('unwritten', NAME);
    const nothing = await copy(from.uri('disk'), used, '--bitmap', 'unwritten', '--json');
    expect(nothing).toMatchObject({ code: 0, out: { bytes_total: 0 } });
    expect((await readFile(used)).equals(Buffer.alloc(SIZE, 0xa5))).toBe(true);
    expect(await copy(from.uri('disk'), used, '--bitmap', NAME, '--json')).toMatchObject({ code: 0 });
    expect((await readFile(used)).equals(await expected())).toBe(true);
  });

  test('refuses a bitmap that the server has not, and makes no target', async () => {
    await using from = await startQemuNbd(folder, '--read-only', '--format=qcow2', `--bitmap=${NAME}`, image);
    const target = folder.file('never-made');
    const { code, err } = await copy(from.uri(), target, '--bitmap', 'since tuesday');
    expect(code).toBe(1);
    expect(err).toContain('no dirty bitmap "since tuesday"');
    expect(err).toContain('qemu-nbd --bitmap');
    expect(existsSync(target)).toBe(false);
  });

  test.each([
    ['without bitmaps', []],
    ['without structured replies', ['--no-sr']],
  ])('refuses a server %s, and makes no target', async (_name, options) => {
    await using from = await startNbdkit(folder, ...options, '--readonly', 'memory', '1M');
    const target = folder.file('never-made');
    const { code, err } = await copy(from.uri(), target, '--bitmap', NAME);
    expect([code, err]).toEqual([1, expect.stringContaining('no dirty bitmap')]);
    expect(existsSync(target)).toBe(false);
  });

  test('names the export when that is what is missing', async () => {
    await using from = await startDaemon(NAME);
    const { code, err } = await copy(from.uri('disc'), folder.file('never-made'), '--bitmap', NAME);
    expect([code, err]).toEqual([1, expect.stringContaining('no export "disc"')]);
  });

  test.each([
    ['together with --extents', ['nbd://127.0.0.1:1', 'null:', '--extents', '-'], 'exclude each other'],
    ['of a file', [image, 'null:'], 'needs an NBD URI'],
    ['without a name', ['nbd://127.0.0.1:1', 'null:'], 'needs the name'],
  ])('is wrong usage %s', async (name, args, why) => {
    const { code, err } = await copy(...args, '--bitmap', name === 'without a name' ? '' : NAME);
    expect([code, err]).toEqual([2, expect.stringContaining(why)]);
  });
});
