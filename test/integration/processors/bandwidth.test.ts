import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { KiB } from '../../../src/base/units.ts';
import { inTransaction } from '../../../src/db/knex.ts';
import { changeBandwidthLimits, type BandwidthChange } from '../../../src/db/stores/bandwidth-store.ts';
import { editReplication } from '../../../src/db/stores/replication-edit.ts';
import { findReplication } from '../../../src/db/stores/replication-store.ts';
import { expectJob } from '../../support/job-story.ts';
import { ReplicatedVm } from '../../support/replicated-vm.ts';
import { openReplicationStand, type ReplicationStand } from '../../support/replication-stand.ts';
import { until } from '../../support/until.ts';

jest.setTimeout(180_000);

let stand: ReplicationStand;
beforeAll(async () => {
  stand = await openReplicationStand();
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
});

const change = (limits: BandwidthChange): Promise<void> =>
  inTransaction(stand.db, (trx) => changeBandwidthLimits(trx, limits, 'a test'));
const limitJob = (jobId: string, bandwidthLimitBytesPerS: number | null): Promise<void> =>
  inTransaction(stand.db, (trx) => editReplication(trx, jobId, { bandwidthLimitBytesPerS }));

/** Waits for the worker to say that this holds, and that the job is not over. */
async function inForce(jobId: string, bytesPerS: number | null): Promise<void> {
  await until(
    async () => {
      const job = await findReplication(stand.db, jobId);
      expect(job?.completedAt).toBeNull();
      return job?.vmaCurrentPhase === 'Transfer' && job.bandwidthInForceBytesPerS === bytesPerS;
    },
    { withinMs: 60_000, what: `a limit of ${bytesPerS ?? 'nothing'}` },
  );
}

test('limits of a running job follow what is asked for, and the smallest holds', async () => {
  const vm = await ReplicatedVm.make(stand);
  // Each of these would make the copy of the VM's megabytes take minutes.
  const jobId = await vm.submit({ bandwidth_limit_bytes_per_s: 16 * KiB });
  const env = { MIGRATEKIT_WORKER_RATE_BYTES_PER_S: String(64 * KiB) };
  await stand.withWorker(
    async () => {
      await inForce(jobId, 16 * KiB);
      await change({ worker: 8 * KiB });
      await inForce(jobId, 8 * KiB);
      await change({ worker: 0, job: 12 * KiB });
      await inForce(jobId, 16 * KiB);
      await limitJob(jobId, null);
      await inForce(jobId, 12 * KiB);
      await change({ worker: null });
      await limitJob(jobId, 0);
      await inForce(jobId, 64 * KiB);
      await change({ worker: 0 });
      await expectJob(stand.db, await stand.ended(jobId), { status: 'completed' });
    },
    { env },
  );
  const { source, target } = await vm.hashes();
  expect(target).toEqual(source);
  expect(await findReplication(stand.db, jobId)).toMatchObject({ bandwidthInForceBytesPerS: null });
});
