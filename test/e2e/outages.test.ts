import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MiB } from '../../src/base/units.ts';
import { isAlive } from '../../src/lab/process-id.ts';
import { readState, type LabState } from '../../src/lab/state.ts';
import { openLabDatabase } from '../support/lab-database.ts';
import { TestLab } from '../support/lab.ts';
import { standStill } from '../support/processes.ts';
import { until } from '../support/until.ts';

jest.setTimeout(600_000);

// A part of a whole lab stands still, as a host that hangs: it takes connections and says nothing. Or it is killed with
// kill -9, and started again by the lab as systemd would do it.

let lab: TestLab;
beforeAll(async () => {
  lab = await TestLab.up('--rate', String(20 * MiB), '--workers', '1');
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

function stateNow(): LabState {
  const state = readState(lab.dir);
  if (state === undefined) throw new Error('the lab has no state');
  return state;
}

function pidOf(part: string): number {
  const found = stateNow().processes.find(({ name }) => name === part);
  if (found === undefined) throw new Error(`the lab has no ${part}`);
  return found.pid;
}

/** Kills the part and holds its port, so that it cannot come back, while `meanwhile` runs; then waits until it is back. */
async function killed<T>(part: 'vma' | 'volume_daemon', meanwhile: () => Promise<T>): Promise<T> {
  const name = part.replace('_', '-');
  const pid = pidOf(name);
  const port = Number(new URL(stateNow()[part].url).port);
  process.kill(pid, 'SIGKILL');
  const stranger = createServer((socket) => socket.destroy());
  await until(() => listens(stranger, port), { withinMs: 10_000, what: `the port of ${name}` });
  const result = await meanwhile().finally(() => new Promise((resolve) => stranger.close(resolve)));
  await until(() => pidOf(name) !== pid && awayNow().then((away) => away.length === 0), {
    withinMs: 60_000,
    what: `${name} to be back`,
  });
  return result;
}

function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    server.removeAllListeners('error').once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
}

/** What jobs wait for, as the API tells load balancers. */
async function awayNow(): Promise<{ part: string; code: string; hint: string }[]> {
  const { status, body } = await lab.api('GET', '/health/ready');
  expect(status).toBe(200);
  return body['away'] as { part: string; code: string; hint: string }[];
}

/** Nothing of an ended job is left at either side, and the processes that the lab names are those that run. */
async function expectNothingLeft(): Promise<void> {
  const { vma, processes } = stateNow();
  await until(async () => (await sessionsOf(vma)).length === 0, { withinMs: 60_000, what: 'the end of all sessions' });
  await using db = openLabDatabase(lab.state);
  expect(await db.openExports()).toBe(0);
  expect(await db.contradictions()).toEqual([]);
  expect(processes.filter((id) => !isAlive(id))).toEqual([]);
}

async function sessionsOf(vma: LabState['vma']): Promise<unknown[]> {
  const response = await fetch(`${vma.url}/source-sessions`, { headers: { authorization: `Bearer ${vma.token}` } });
  return ((await response.json()) as { sessions: unknown[] }).sessions;
}

/** Lets the part stand still while `meanwhile` runs. */
async function without<T>(part: string, meanwhile: () => Promise<T>): Promise<T> {
  const pid = pidOf(part);
  await standStill(pid);
  try {
    return await meanwhile();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

/** Until an attempt gave up on the part and the job waits for the next one, or for a child that nobody takes. */
async function untilItWaits(jobId: string): Promise<Record<string, unknown>> {
  let job: Record<string, unknown> = {};
  await until(
    async () => {
      job = (await lab.api('GET', `/jobs/${jobId}`)).body;
      return ['retry_wait', 'waiting'].includes(String(job['dispatch_state'])) || Number(job['attempt']) > 1;
    },
    { withinMs: 240_000, what: `${jobId} to meet the outage` },
  );
  return job;
}

async function expectEqualDisks(): Promise<void> {
  for (const { source, target } of await lab.hashes()) expect(target).toBe(source);
}

describe('while a part stands still', () => {
  test('a job that needs the VMA waits, says so, and completes when it is back', async () => {
    const jobId = await without('vma', async () => {
      const posted = await lab.replicate();
      expect(await untilItWaits(posted)).toMatchObject({ status: 'running' });
      // The API does not need it.
      expect((await lab.api('GET', `/progress/${posted}`)).status).toBe(200);
      expect((await lab.api('GET', '/health')).body).toMatchObject({ database: 'ok' });
      return posted;
    });

    expect(await lab.ended(jobId)).toMatchObject({ status: 'completed' });
    await expectEqualDisks();
  });

  test('a job that copies while the VMA stands still completes, and so does the next one', async () => {
    const jobId = await lab.replicate('lab-vm-1', { replication_type: 'initial' });
    await lab.copying(jobId);
    // Its exports are processes of their own: the copy goes on, only its reports are lost.
    await without('vma', () => lab.progressed(jobId));

    expect(await lab.ended(jobId)).toMatchObject({ status: 'completed' });
    await expectEqualDisks();
    expect(await lab.ended(await lab.replicate())).toMatchObject({ status: 'completed' });
  });

  test('a job that needs the volume daemon waits, and completes when it is back', async () => {
    const jobId = await without('volume-daemon', async () => {
      const posted = await lab.replicate('lab-vm-1', { replication_type: 'initial' });
      await untilItWaits(posted);
      return posted;
    });

    expect(await lab.ended(jobId)).toMatchObject({ status: 'completed' });
    await expectEqualDisks();
  });
});

describe('a part that is killed and stays away for a while', () => {
  const parts = [
    {
      part: 'vma',
      code: 'vma.unreachable',
      stands: /^Waiting for the source/,
      waits: {
        dispatch_state: 'retry_wait',
        error_code: 'vma.unreachable',
        error_hint: expect.stringContaining('check that vma runs'),
      },
    },
    {
      part: 'volume_daemon',
      code: 'volume-daemon.unreachable',
      stands: /^Waiting for the target/,
      waits: {
        dispatch_state: 'waiting',
        progress: expect.objectContaining({
          current_operation: expect.stringContaining('waits for the volume daemon'),
        }),
      },
    },
  ] as const;

  test.each(parts)(
    '$part: the copy stands still, says why, goes on and leaves nothing',
    async ({ part, code, stands }) => {
      const jobId = await lab.replicate('lab-vm-1', { replication_type: 'initial' });
      await lab.copying(jobId);
      await until(() => isToldByVma(jobId), { withinMs: 30_000, what: 'the VMA to tell of both disks' });
      await killed(part, async () => {
        await until(async () => stands.test(await operationOf(jobId)), {
          withinMs: 30_000,
          what: `${jobId} to say what it waits for`,
        });
        expect(await awayNow()).toEqual([
          { part: part.replace('_', '-'), code, hint: expect.stringContaining('jobs wait') },
        ]);
        expect((await lab.api('GET', '/health')).body).toMatchObject({ status: 'healthy', [part]: 'unreachable' });
      });

      expect(await lab.ended(jobId)).toMatchObject({ status: 'completed' });
      await expectEqualDisks();
      await expectNothingLeft();
    },
  );

  test.each(parts)(
    '$part: a job that begins meanwhile says what it waits for, and completes',
    async ({ part, waits }) => {
      const jobId = await killed(part, async () => {
        const posted = await lab.replicate();
        await until(async () => hasAll(await jobNow(posted), waits), { withinMs: 60_000, what: `${posted} to wait` });
        return posted;
      });

      expect(await lab.ended(jobId)).toMatchObject({ status: 'completed' });
      await expectEqualDisks();
      await expectNothingLeft();
    },
  );
});

const jobNow = async (jobId: string): Promise<Record<string, unknown>> => (await lab.api('GET', `/jobs/${jobId}`)).body;

async function operationOf(jobId: string): Promise<string> {
  const { progress } = (await jobNow(jobId)) as { progress: { current_operation: string | null } | null };
  return progress?.current_operation ?? '';
}

/** Whether the VMA tells how far each disk is; only its own answers have phases. */
async function isToldByVma(jobId: string): Promise<boolean> {
  const { body } = await lab.api('GET', `/progress/${jobId}`);
  const disks = body['disk_progresses'] as readonly { bytes: number; percent: number }[];
  const isMoving = disks.length === lab.state.disks.length && disks.some(({ bytes }) => bytes > 0);
  return body['phases'] !== undefined && isMoving;
}

/** Whether toMatchObject would be content. */
function hasAll(seen: Record<string, unknown>, wanted: object): boolean {
  try {
    expect(seen).toMatchObject(wanted);
    return true;
  } catch {
    return false;
  }
}
