import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listOmaVms } from '../../../src/db/stores/oma-vm-store.ts';
import { readSlots } from '../../../src/db/stores/slot-store.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import {
  makeContext,
  makeJob,
  makeMapping,
  makeOmaVm,
  makeOsseaConfig,
  makeSecretBox,
  makeVolume,
} from '../../support/factories.ts';

const VM = randomUUID();

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await makeOsseaConfig(database.knex, makeSecretBox(), { omaVmId: VM });
  await makeOmaVm(database.knex, { vm_id: VM });
});
afterAll(() => database[Symbol.asyncDispose]());

/** An attached volume that was to be evicted by a job, whose child ended so, so long ago. */
async function evicted(status: string, secondsAgo: number): Promise<string> {
  const db = database.knex;
  const { context_id: contextId } = await makeContext(db);
  const { volume_id: volumeId } = await makeVolume(db, { vm_context_id: contextId, vm_id: VM });
  await makeMapping(db, { volume_uuid: volumeId, vm_context_id: contextId, vm_id: VM });
  const job = await makeJob(db);
  const key = `evict ${volumeId} 1`;
  const completedAt = db.raw('NOW(6) - INTERVAL ? SECOND', [secondsAgo]);
  const end = { status, dispatch_state: 'closed', completed_at: completedAt };
  await makeJob(db, { parent_job_id: job.id, child_key: key, operation: 'attach-volume', ...end });
  await db('slot_requests').insert({ job_id: job.id, zone_id: 'zone', asked_at: db.fn.now(6) });
  await db('slot_evictions').insert({ volume_id: volumeId, job_id: job.id, child_key: key, asked_at: db.fn.now(6) });
  return volumeId;
}

test('a volume whose eviction failed a moment ago is left alone for a while; one that went and came back is not', async () => {
  const [failed, failedLongAgo, cameBack] = [
    await evicted('failed', 1),
    await evicted('failed', 61),
    await evicted('completed', 1),
  ];

  const { attached } = await readSlots(database.knex, await listOmaVms(database.knex));
  const stuck = new Map(attached.map((each) => [each.volumeId, each.isStuck]));
  expect([failed, failedLongAgo, cameBack].map((id) => stuck.get(id))).toEqual([true, false, false]);
});
