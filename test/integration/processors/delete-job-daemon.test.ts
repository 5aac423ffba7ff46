import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { runOutLeases } from '../../support/dead-worker.ts';
import { replicate, resultOf, rowsOf } from '../../support/deleted-replications.ts';
import { expectJob } from '../../support/job-story.ts';
import { ReplicatedVm } from '../../support/replicated-vm.ts';
import { openReplicationStand, type ReplicationStand } from '../../support/replication-stand.ts';
import { until } from '../../support/until.ts';

jest.setTimeout(180_000);

let stand: ReplicationStand;
let vm: ReplicatedVm;
let jobId: string;
beforeAll(async () => {
  stand = await openReplicationStand();
  vm = await ReplicatedVm.make(stand);
  jobId = (await replicate(stand, vm)).id;
  await stand.volumeDaemon.stop();
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
});

/** `./migratekit volume-daemon` of this stand; killed at the end of its scope. */
function startDaemon(name: string): { kill9(): Promise<void> } & AsyncDisposable {
  const main = join(process.cwd(), 'src/bin/volume-daemon.ts');
  const child: ChildProcess = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, main], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', ...stand.env, MIGRATEKIT_WORKER_NAME: name },
  });
  const exited = once(child, 'exit');
  const kill9 = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    await runOutLeases(stand.db, name);
  };
  return { kill9, [Symbol.asyncDispose]: kill9 };
}

const children = async (trackingId: string): Promise<{ status: string }[]> =>
  stand.db('job_tracking').where('parent_job_id', trackingId).select<{ status: string }[]>('status');

test('a daemon that is away, dies in the middle of a deletion and comes back, leaves nothing undone', async () => {
  const { faults } = stand.cloud.simulator;
  const trackingId = await stand.delete(jobId);
  const job = await stand.withWorker(async () => {
    // Nobody can delete a volume: the deletion waits, without a worker's slot.
    await until(async () => (await children(trackingId)).length === 2, { withinMs: 60_000, what: 'the two children' });
    await until(async () => (await ledgerState(trackingId)) === 'waiting', {
      withinMs: 60_000,
      what: 'the job to wait',
    });

    faults.add({ command: 'deleteVolume', kind: 'delay', ms: 8_000, times: 1 });
    await using doomed = startDaemon('doomed');
    await until(() => faults.pending().length === 0, { withinMs: 60_000, what: 'the cloud to be asked' });
    await doomed.kill9();
    expect((await children(trackingId)).map(({ status }) => status)).toContain('running');

    await using _successor = startDaemon('successor');
    return await stand.ended(trackingId);
  });

  await expectJob(stand.db, job, { status: 'completed' });
  expect(resultOf(job).volumesDeleted).toHaveLength(2);
  expect(await vm.cloudVolumes()).toEqual([]);
  expect(await rowsOf(stand, vm)).toMatchObject({ status: 'discovered', replications: [], volumes: [], mappings: 0 });
});

async function ledgerState(id: string): Promise<string | undefined> {
  const [state] = await stand.db('job_tracking').where({ id }).pluck<string[]>('dispatch_state');
  return state;
}
