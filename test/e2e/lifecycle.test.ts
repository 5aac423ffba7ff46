import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { migratekit, sha256, start, TestLab } from '../support/lab.ts';
import { processesNaming } from '../support/processes.ts';
import { makeServerFolder } from '../support/server-folder.ts';
import { until } from '../support/until.ts';

jest.setTimeout(600_000);

/** A folder for the lab, and one for what it makes in the temporary folder of the machine: other tests use that, too. */
function folders(): { dir: string; temporary: string } {
  return { dir: makeServerFolder('e2e-lab-'), temporary: mkdtempSync(join(tmpdir(), 'e2e-tmp-')) };
}

describe('what a lab leaves behind', () => {
  test('nothing, after lab down; and a second lab beside it is not touched', async () => {
    const { dir, temporary } = folders();
    const first = migratekit(['lab', 'up', '--json', '--dir', dir, '--workers', '1'], { TMPDIR: temporary });
    await using second = await TestLab.up('--workers', '1');
    await first;
    expect(processesNaming(dir).length).toBeGreaterThan(5);
    expect(readdirSync(temporary)).not.toEqual([]);
    await migratekit(['lab', 'down', '--dir', dir]);

    expect(processesNaming(dir)).toEqual([]);
    expect(readdirSync(temporary).filter((name) => !name.endsWith('.lock'))).toEqual([]);
    expect(await second.ended(await second.replicate())).toMatchObject({ status: 'completed' });
    for (const folder of [dir, temporary]) rmSync(folder, { recursive: true });
  });

  test('nothing of a second lab up on the same folder, which is refused while the first one starts', async () => {
    const { dir, temporary } = folders();
    const up = ['lab', 'up', '--json', '--dir', dir, '--workers', '1'];
    const ups = await Promise.allSettled([migratekit(up), migratekit(up)]);
    await migratekit(['lab', 'down', '--dir', dir]);

    expect(ups.map((each) => each.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(ups.find((each) => each.status === 'rejected')?.reason).toMatchObject({
      stderr: expect.stringContaining('lab.already-running'),
    });
    expect(processesNaming(dir)).toEqual([]);
    for (const folder of [dir, temporary]) rmSync(folder, { recursive: true });
  });

  test('a long temporary folder does not matter: sockets go where their paths fit', async () => {
    const { dir, temporary } = folders();
    const long = join(temporary, 'x'.repeat(100));
    mkdirSync(long);
    await migratekit(['lab', 'up', '--json', '--dir', dir, '--workers', '1'], { TMPDIR: long });
    await migratekit(['lab', 'down', '--dir', dir]);

    expect(processesNaming(dir)).toEqual([]);
    for (const folder of [dir, temporary]) rmSync(folder, { recursive: true });
  });

  test('no process, when its supervisor is killed with kill -9; and lab up works again on the same folder', async () => {
    const dir = makeServerFolder('e2e-lab-');
    await migratekit(['lab', 'up', '--json', '--dir', dir, '--workers', '1']);
    const state = JSON.parse(readFileSync(join(dir, 'lab.json'), 'utf8')) as {
      supervisor: { pid: number };
      run_dir: string;
    };
    process.kill(state.supervisor.pid, 'SIGKILL');
    await until(() => processesNaming(dir).length === 0, { withinMs: 60_000, what: 'the end of all processes' });
    await migratekit(['lab', 'up', '--json', '--dir', dir, '--workers', '1']);
    await migratekit(['lab', 'down', '--dir', dir]);
    rmSync(dir, { recursive: true });

    expect(processesNaming(dir)).toEqual([]);
  });

  test.each([
    ['SIGINT', 'Setting up'],
    ['SIGTERM', 'Full replication'],
  ] as const)(
    'no process and no folder of sockets, when the demo gets %s after the words %s',
    async (signal, words) => {
      const { dir, temporary } = folders();
      const demo = start(['demo', '--dir', dir], { TMPDIR: temporary });
      let seen = '';
      demo.stderr.on('data', (chunk: Buffer) => (seen += chunk.toString()));
      const exited = new Promise((resolve) => demo.once('exit', resolve));
      await until(() => seen.includes(words), { withinMs: 180_000, what: `the demo to say ${words}` });
      demo.kill(signal);

      expect(await exited).toBe(130);
      expect(seen).toMatch(/Stopping: the lab is taken down\n.*stopped before the end/s);
      expect(processesNaming(dir)).toEqual([]);
      expect(readdirSync(temporary).filter((name) => !name.endsWith('.lock'))).toEqual([]);
      for (const folder of [dir, temporary]) rmSync(folder, { recursive: true });
    },
  );
});

interface DemoReport {
  readonly disks: {
    readonly bytes: number;
    readonly source_sha256: string;
    readonly source_path: string;
    readonly target_path: string;
  }[];
  readonly phases: { readonly wrong: string[] }[];
  readonly failovers: { readonly job_id: string }[];
}

test('the demo replicates, tests, fails over and goes back, and its line of JSON is true of the files that it leaves', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'e2e-demo-'));
  const { stdout, stderr } = await migratekit(['demo', '--once', '--json', '--dir', dir]);
  const report = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as DemoReport;
  const hashes = await Promise.all(
    report.disks.map(async (disk) => [
      (await sha256(disk.source_path)).hex,
      (await sha256(disk.target_path, disk.bytes)).hex,
    ]),
  );
  rmSync(dir, { recursive: true });

  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  const [incremental, running] = [{ type: 'incremental' }, { verdict: 'running' }];
  expect(report).toMatchObject({
    ok: true,
    vm: 'lab-vm-1',
    cycles: [{ type: 'initial' }, incremental, incremental, incremental],
    failovers: [
      { ...running, type: 'test', instance: expect.stringMatching(/^lab-vm-1-test-\d+$/), loss_seconds: null },
      { ...running, type: 'live', instance: 'lab-vm-1', loss_seconds: 0 },
    ],
  });
  expect(report.phases.map(({ wrong }) => wrong)).toEqual(Array.from({ length: 8 }, () => []));
  expect(hashes).toEqual(report.disks.map(({ source_sha256: hash }) => [hash, hash]));
  expect(hashes).toHaveLength(2);
  expect(stderr).toContain('All 8 phases went as they must');
});

test.each([
  [['lab', 'nonsense'], 2],
  [['lab', 'up', '--workers', 'many'], 2],
  [['lab', 'write', '--dir', '/nonexistent', 'a', 'b'], 1],
  [['demo', '--nonsense'], 2],
  [['nonsense'], 2],
])('%j exits with %i and one clear message', async (args, code) => {
  await expect(migratekit(args)).rejects.toMatchObject({ code, stderr: expect.stringMatching(/\w/) });
});
