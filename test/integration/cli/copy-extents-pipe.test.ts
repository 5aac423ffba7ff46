import { spawn } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { KiB, MiB, SECOND } from '../../../src/base/units.ts';
import { sourceAndUsedTarget, TestFolder } from '../../support/nbd-servers.ts';
import { until } from '../../support/until.ts';

const ENTRY = join(process.cwd(), 'src/bin/copy.ts');
const SIZE = 8 * MiB;
const EXTENTS = JSON.stringify([
  { offset: 4 * KiB, length: 64 * KiB },
  { offset: 5 * MiB, length: 512 },
]);
const BYTES = 64 * KiB + 512;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a line of bash in which $COPY is the command, with the folder as TMPDIR. */
function shell(folder: TestFolder, line: string): { ended: Promise<Ended>; kill: (name: NodeJS.Signals) => void } {
  const child = spawn('bash', ['-c', line], {
    cwd: folder.path,
    env: { ...process.env, TMPDIR: folder.path, COPY: `${process.execPath} ${ENTRY}` },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
  return { ended, kill: (name) => void child.kill(name) };
}

async function disksAndExtents(folder: TestFolder): Promise<void> {
  await sourceAndUsedTarget(folder, SIZE);
  await writeFile(folder.file('extents'), EXTENTS);
}

async function expectOnlyExtents(folder: TestFolder): Promise<void> {
  const source = await readFile(folder.file('source'));
  const expected = Buffer.alloc(SIZE, 0xa5);
  source.copy(expected, 4 * KiB, 4 * KiB, 68 * KiB);
  source.copy(expected, 5 * MiB, 5 * MiB, 5 * MiB + 512);
  expect((await readFile(folder.file('target'))).equals(expected)).toBe(true);
}

const leftOver = (folder: TestFolder): string[] =>
  readdirSync(folder.path).filter((name) => name.startsWith('mk-extents-'));

describe('extents that can be read only once', () => {
  test.each([
    ['stdin, a pipe', 'cat extents | $COPY source target --json --extents -'],
    ['stdin by its path', 'cat extents | $COPY source target --json --extents /dev/stdin'],
    ['stdin, a file', '$COPY source target --json --extents - < extents'],
    ['the output of another command', '$COPY source target --json --extents <(cat extents)'],
    ['a named pipe', 'mkfifo fifo; cat extents > fifo & $COPY source target --json --extents fifo'],
  ])('are taken from %s', async (_name, line) => {
    using folder = new TestFolder();
    await disksAndExtents(folder);
    const { code, stdout, stderr } = await shell(folder, line).ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ bytes_total: BYTES, bytes_copied: BYTES });
    await expectOnlyExtents(folder);
    expect(leftOver(folder)).toEqual([]);
  });

  test('are looked through before the first write', async () => {
    using folder = new TestFolder();
    await disksAndExtents(folder);
    const { code, stderr } = await shell(folder, 'head -c 60 extents | $COPY source target --extents -').ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining('cannot use the extents in -')]);
    expect((await readFile(folder.file('target'))).equals(Buffer.alloc(SIZE, 0xa5))).toBe(true);
    expect(leftOver(folder)).toEqual([]);
  });
});

describe('a copy that waits for extents', () => {
  test.each([
    ['from a named pipe that nobody writes to', 'mkfifo fifo', 'fifo'],
    ['from a named pipe whose writer is silent', 'mkfifo fifo; exec 7<>fifo', 'fifo'],
    ['from stdin', ':', '-'],
  ])('%s ends when it is interrupted', async (_name, prepare, path) => {
    using folder = new TestFolder();
    await disksAndExtents(folder);
    const running = shell(folder, `${prepare}; echo $$ > pid; exec $COPY source target --extents ${path}`);
    await until(() => isWaiting(folder), { withinMs: 60 * SECOND, what: 'the copy to wait' });
    running.kill('SIGTERM');
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining('interrupted by SIGTERM')]);
    expect(leftOver(folder)).toEqual([]);
  });

  // Node cannot end while one of its threads waits in the opening of a pipe.
  test.each([0, 1, 2, 4, 8, 16])(
    'leaves no thread behind when it is stopped %i turns after its begin',
    async (turns) => {
      using folder = new TestFolder();
      await disksAndExtents(folder);
      const script = `
      import { openExtentsFile } from ${JSON.stringify(join(process.cwd(), 'src/cli/extents-file.ts'))};
      const stop = new AbortController();
      const opening = openExtentsFile('fifo', ${SIZE}, stop.signal).catch((error) => console.log(error.message));
      for (let turn = 0; turn < ${turns}; turn += 1) await new Promise(setImmediate);
      stop.abort(new Error('stopped'));
      await opening;`;
      await writeFile(folder.file('stopped.mjs'), script);
      const { ended } = shell(folder, `mkfifo fifo; exec timeout -s KILL 60 ${process.execPath} stopped.mjs`);
      expect(await ended).toEqual({ code: 0, stdout: 'stopped\n', stderr: '' });
    },
  );
});

/** The temporary file is open: what is read next are the extents. */
async function isWaiting(folder: TestFolder): Promise<boolean> {
  const pid = (await readFile(folder.file('pid'), 'utf8').catch(() => '')).trim();
  if (pid === '') return false;
  const fds = `/proc/${pid}/fd`;
  return readdirSync(fds).some((fd) => /mk-extents-.*\(deleted\)/.test(linkOf(join(fds, fd))));
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // It was closed a moment ago.
    return '';
  }
}
