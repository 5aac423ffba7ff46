import { spawn } from 'node:child_process';
import { on } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MiB, MINUTE } from '../../../src/base/units.ts';
import { convertDisks, type ConversionWish } from '../../../src/volumes/conversion/conversion.ts';
import { identify } from '../../../src/volumes/device-identity.ts';
import { untilLetGo, writersOf } from '../../../src/volumes/conversion/writers.ts';
import { runGroup, type Call } from '../../../src/volumes/conversion/program.ts';
import { until } from '../../support/until.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'conversion-test-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('a program and everything that it starts', () => {
  const shell = (script: string, change: Partial<Call> = {}) =>
    runGroup({
      program: 'sh',
      args: ['-c', script],
      env: {},
      deadlineMs: 5 * MINUTE,
      signal: new AbortController().signal,
      onLine: () => undefined,
      ...change,
    });
  const isAlive = (pid: number): boolean => {
    if (!existsSync(`/proc/${pid}`)) return false;
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  };
  /** A script that starts a process which outlives it, and the pid of that. */
  async function child(name: string): Promise<{ script: string; pid: () => Promise<number> }> {
    const file = join(dir, name);
    await writeFile(file, '');
    const pid = () =>
      until(async () => Number(await readFile(file, 'utf8')), { withinMs: 60_000, what: 'the pid of the grandchild' });
    return { script: `sleep 600 >/dev/null 2>&1 & echo $! >${file}`, pid };
  }
  const ends = (pid: number) => until(() => !isAlive(pid), { withinMs: 60_000, what: 'the end of the grandchild' });

  test('gives its lines, its code and its last words', async () => {
    const lines: string[] = [];
    const ended = await shell('echo one; echo two; echo why >&2; exit 3', { onLine: (line) => lines.push(line) });
    expect(ended).toEqual({ code: 3, words: 'why' });
    expect(lines).toEqual(['one', 'two']);
  });

  test('ends with it, also what it left behind', async () => {
    const { script, pid } = await child('left');
    expect(await shell(script)).toMatchObject({ code: 0 });
    await ends(await pid());
  });

  test('is killed as a whole when it takes too long, or when the caller gives up', async () => {
    const late = await child('late');
    await expect(shell(`${late.script}; wait`, { deadlineMs: 2_000 })).rejects.toMatchObject({
      code: 'conversion.timeout',
      retry: 'never',
    });
    await ends(await late.pid());

    const given = await child('given');
    const giveUp = new AbortController();
    const running = shell(`${given.script}; wait`, { signal: giveUp.signal });
    const pid = await given.pid();
    giveUp.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
    await ends(pid);
  });

  test('that is not installed is named, with the next step', async () => {
    await expect(shell('', { program: 'virt-nothing' })).rejects.toMatchObject({
      code: 'conversion.tool-missing',
      hint: expect.stringContaining('apt-get install virt-v2v'),
    });
  });
});

test('what an attempt left behind is waited for until nobody has the disks open for writing', async () => {
  const { signal } = new AbortController();
  const path = join(dir, 'held');
  await writeFile(path, '');
  const disks = new Set([(await identify(path))?.identity ?? 'file:0:0']);
  const holder = spawn('sh', ['-c', 'exec 3<"$1"; echo; read go; exec 4<>"$1"; echo; read end', 'sh', path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { pid = 0 } = holder;
  const lines = on(createInterface({ input: holder.stdout }), 'line');
  await lines.next();
  // It reads only.
  await untilLetGo(disks, { signal, withinMs: 0 });
  holder.stdin.write('\n');
  await lines.next();
  expect(await writersOf(disks)).toEqual([pid]);
  await expect(untilLetGo(disks, { signal, withinMs: 0 })).rejects.toMatchObject({
    code: 'conversion.stuck',
    details: { pids: [pid] },
  });
  const letGo = untilLetGo(disks, { signal, withinMs: MINUTE });
  holder.stdin.end('\n');
  await letGo;
  expect(await writersOf(disks)).toEqual([]);
});

// With or without virt-v2v on this machine.
test('a disk without a system is skipped with the reason, and is an error where the source says Windows', async () => {
  const disk = join(dir, 'empty');
  await writeFile(disk, '');
  await truncate(disk, 64 * MiB);
  const settings = { virtioWin: undefined, timeoutMs: 5 * MINUTE, backendSettings: 'force_tcg' };
  const wish: ConversionWish = {
    disks: [{ path: disk, kind: 'file' }],
    osHint: null,
    firmware: 'bios',
    signal: new AbortController().signal,
    beforeWrite: () => Promise.reject(new Error('nothing is to be written')),
    onMessage: () => undefined,
  };
  const skipped = await convertDisks(settings, wish);
  expect(skipped).toMatchObject({ outcome: 'skipped', system: null });
  expect(skipped.reason).toMatch(/not installed|no system/);
  await expect(convertDisks(settings, { ...wish, osHint: 'windows2019srv_64Guest' })).rejects.toMatchObject({
    code: expect.stringMatching(/^conversion\.(tool-missing|no-system)$/),
    hint: expect.stringContaining('skip_virtio'),
  });
});
