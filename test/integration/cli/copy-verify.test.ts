import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { MiB, SECOND } from '../../../src/base/units.ts';
import {
  sha256OfExport,
  sha256OfFile,
  sourceAndUsedTarget,
  startNbdkit,
  startQemuNbd,
  TestFolder,
} from '../../support/nbd-servers.ts';
import { startLyingTarget } from '../../support/lying-target.ts';
import { until } from '../../support/until.ts';

const ENTRY = join(process.cwd(), 'src/bin/copy.ts');
const SIZE = 32 * MiB;
const DATA = [{ offset: 1 * MiB, length: 20 * MiB }];

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function start(folder: TestFolder, ...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [ENTRY, ...args], { env: { ...process.env, TMPDIR: folder.path } });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (ended.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (ended.stderr += text));
  return { child, ended: new Promise((resolve) => child.on('close', (code) => resolve({ ...ended, code }))) };
}

const copy = (folder: TestFolder, ...args: string[]): Promise<Ended> => start(folder, ...args).ended;
const json = ({ stdout }: Ended): unknown => JSON.parse(stdout);

describe('copy --verify', () => {
  test('says what it compared, and leaves nothing behind', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    const ended = await copy(folder, '--verify', image, used, '--json');
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(json(ended)).toMatchObject({
      verified: true,
      verify: { mode: 'full', bytes_verified: SIZE, mismatches: 0, repaired_bytes: 0, seconds: expect.any(Number) },
    });
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
    expect(readdirSync(folder.path).sort()).toEqual(['source', 'target']);
  });

  test('takes off, sample and full', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    const off = json(await copy(folder, image, used, '--verify=off', '--json'));
    expect(off).toMatchObject({ verified: false });
    expect(off).not.toHaveProperty('verify');
    const sample = json(await copy(folder, image, used, '--verify=sample', '--json'));
    expect(sample).toMatchObject({ verified: true, verify: { mode: 'sample' } });
    expect((await copy(folder, image, used, '--verify=full')).stdout).toMatch(/32\.0 MiB verified in /);
  });

  test('knows what several threads have read', async () => {
    using folder = new TestFolder();
    const size = 288 * MiB;
    await using from = await startNbdkit(folder, 'sparse-random', String(size), 'seed=4', 'percent=80');
    await using to = await startNbdkit(folder, 'memory', String(size));
    const ended = await copy(folder, from.uri(), to.uri(), '--threads', '2', '--verify', '--json');
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(json(ended)).toMatchObject({ verify: { bytes_verified: size, mismatches: 0 } });
    expect(await sha256OfExport(to.uri())).toBe(await sha256OfExport(from.uri()));
  });

  test('ends with one line and code 1 where the destination keeps nothing', async () => {
    using folder = new TestFolder();
    const { image } = await sourceAndUsedTarget(folder, SIZE, DATA);
    for (const verify of ['--verify', '--verify=sample']) {
      const { code, stdout, stderr } = await copy(folder, image, 'null:', verify, '--json');
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('null: does not hold what was written to it');
      expect(stderr).toContain(`offset ${1 * MiB}`);
      expect(stderr).toContain('transfer.verify-failed');
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
  });

  test('leaves no checkpoint that calls done what the destination did not keep', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    const checkpoint = folder.file('checkpoint');
    const lie = { image: used, at: 2 * MiB, length: 1 * MiB, isPersistent: true };
    await using to = await startLyingTarget(folder, 'drops it', lie);
    const options = ['--checkpoint', checkpoint, '--connections', '1'];
    const ended = await copy(folder, image, to.uri(), ...options, '--verify');
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('transfer.verify-failed') });
    expect(existsSync(checkpoint)).toBe(false);
  });

  test('works with a server for one client, and with one that ends with its last client', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using one = await startQemuNbd(folder, '--format=raw', used);
    expect(json(await copy(folder, image, one.uri(), '--verify', '--json'))).toMatchObject({ verified: true });
    await one.kill();
    const socket = folder.file('ends');
    const ending = spawn('nbdkit', ['--foreground', '--unix', socket, '--filter=exitlast', 'file', used]);
    await until(() => existsSync(socket), { withinMs: 60 * SECOND, what: 'the socket' });
    const ended = await copy(folder, image, `nbd+unix:///?socket=${socket}`, '--verify', '--json');
    expect(ended.stderr).toBe('');
    expect(json(ended)).toMatchObject({ verified: true, verify: { bytes_verified: SIZE } });
    await until(() => ending.exitCode !== null, { withinMs: 60 * SECOND, what: 'the end of the server' });
  });

  test('killed and resumed compares all of the disk, and tidies up', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    const checkpoint = folder.file('checkpoint');
    await using to = await startNbdkit(folder, 'file', used);
    const args = [image, to.uri(), '--checkpoint', checkpoint, '--verify', '--json'];
    const { child, ended } = start(folder, ...args, '--rate', String(4 * MiB));
    const lines = (): number => (existsSync(checkpoint) ? readFileSync(checkpoint, 'utf8').split('\n').length : 0);
    await until(() => lines() > 2, { withinMs: 60 * SECOND, what: 'a checkpoint' });
    child.kill('SIGKILL');
    await ended;
    expect(existsSync(`${checkpoint}.manifest`)).toBe(true);
    expect(readFileSync(`${checkpoint}.manifest`).length).toBeGreaterThan(200);

    const again = await copy(folder, ...args);
    expect([again.code, again.stderr]).toEqual([0, '']);
    expect(json(again)).toMatchObject({
      resumed: true,
      verified: true,
      verify: { bytes_verified: SIZE, mismatches: 0 },
    });
    expect(await sha256OfExport(to.uri())).toBe(await sha256OfFile(image));
    expect(readdirSync(folder.path).filter((name) => name.startsWith('checkpoint'))).toEqual([]);
  });
});
