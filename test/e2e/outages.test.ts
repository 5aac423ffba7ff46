import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MiB } from '../../src/base/units.ts';
import { readState } from '../../src/lab/state.ts';
import { TestLab } from '../support/lab.ts';
import { until } from '../support/until.ts';

jest.setTimeout(600_000);

// A part of a whole lab stands still, as a host that hangs: it takes connections and says nothing.

let lab: TestLab;
beforeAll(async () => {
  lab = await TestLab.up('--rate', String(20 * MiB), '--workers', '1');
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

function pidOf(part: string): number {
  const found = readState(lab.dir)?.processes.find(({ name }) => name === part);
  if (found === undefined) throw new Error(`the lab has no ${part}`);
  return found.pid;
}

/** Lets the part stand still while `meanwhile` runs. */
async function without<T>(part: string, meanwhile: () => Promise<T>): Promise<T> {
  const pid = pidOf(part);
  process.kill(pid, 'SIGSTOP');
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
