import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Knex } from '../../../src/db/knex.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { makeContext, makeDisk, makeJob, makeReplicationJob, makeVolume } from '../../support/factories.ts';

let database: TestDatabase;
let db: Knex;
beforeAll(async () => {
  database = await createTestDatabase();
  db = database.knex;
});
afterAll(() => database[Symbol.asyncDispose]());

const TABLES_OF_A_VM = [
  'replication_jobs',
  'vm_disks',
  'failover_jobs',
  'ossea_volumes',
  'cbt_history',
  'device_mappings',
  'nbd_exports',
  'network_mappings',
  'vm_group_memberships',
  'disk_checkpoints',
];

async function counts(): Promise<Record<string, number>> {
  const rows = TABLES_OF_A_VM.map(async (table) => [table, (await db(table).select()).length] as const);
  return Object.fromEntries(await Promise.all(rows));
}

async function makeEverything(): Promise<{ contextId: string; jobId: string; diskId: number }> {
  const { context_id: contextId } = await makeContext(db);
  const { id: jobId } = await makeReplicationJob(db, contextId);
  await db('vm_replication_contexts')
    .where({ context_id: contextId })
    .update({ current_job_id: jobId, last_successful_job_id: jobId });
  const volume = await makeVolume(db, { vm_context_id: contextId });
  const disk = await makeDisk(db, { contextId, jobId }, { ossea_volume_id: volume.id });
  const owner = { vm_context_id: contextId };
  await db('failover_jobs').insert({
    ...owner,
    job_id: `f-${jobId}`,
    vm_id: 'v',
    replication_job_id: jobId,
    job_type: 'test',
    source_vm_name: 'v',
  });
  await db('cbt_history').insert({ ...owner, job_id: jobId, disk_id: 'disk-2000', sync_type: 'full' });
  await db('device_mappings').insert({
    ...owner,
    id: `d-${jobId}`,
    volume_uuid: volume.volume_id,
    vm_id: 'oma',
    operation_mode: 'oma',
    device_path: '/dev/vdb',
    cloudstack_state: 'attached',
    linux_state: 'detected',
    size: 1,
    last_sync: new Date(),
  });
  await db('nbd_exports').insert({
    ...owner,
    id: `e-${jobId}`,
    job_id: jobId,
    volume_id: volume.volume_id,
    export_name: `migration-vol-${volume.volume_id}`,
    device_path: '/dev/vdb',
    status: 'active',
    vm_disk_id: disk.id,
    device_mapping_uuid: volume.volume_id,
  });
  await db('network_mappings').insert({
    ...owner,
    vm_id: `n-${jobId}`,
    source_network_name: 'VM Network',
    destination_network_id: 'n',
    destination_network_name: 'n',
  });
  await db('vm_machine_groups').insert({ id: `g-${contextId}`, name: `g-${contextId}` });
  await db('vm_group_memberships').insert({ ...owner, group_id: `g-${contextId}` });
  await db('disk_checkpoints').insert({
    vm_disk_id: disk.id,
    job_id: jobId,
    epoch: 1,
    checkpoint_key: 'k',
    done: '[]',
  });
  return { contextId, jobId, diskId: disk.id };
}

beforeEach(async () => {
  await db('job_tracking').del();
  await db('vm_replication_contexts').del();
});

describe('references between rows', () => {
  test('a VM takes all its rows with it, leaves those of others, and its jobs stay in the ledger', async () => {
    await makeEverything();
    const before = await counts();
    const { contextId } = await makeEverything();
    const { id } = await makeJob(db, { context_id: contextId, status: 'completed' });
    await db('vm_replication_contexts').where({ context_id: contextId }).del();
    expect(await counts()).toEqual(before);
    expect(Object.values(before)).toEqual(TABLES_OF_A_VM.map(() => 1));
    expect(await db('job_tracking').where({ id })).toMatchObject([{ context_id: null }]);
  });

  test('a deleted job takes disks, exports and history with it and is forgotten by failovers and by its VM', async () => {
    const { contextId, jobId } = await makeEverything();
    await db('replication_jobs').where({ id: jobId }).del();
    expect(await counts()).toMatchObject({
      vm_disks: 0,
      nbd_exports: 0,
      cbt_history: 0,
      disk_checkpoints: 0,
      failover_jobs: 1,
      ossea_volumes: 1,
      device_mappings: 1,
    });
    expect(await db('failover_jobs').first()).toMatchObject({ replication_job_id: null });
    expect(await db('vm_replication_contexts').where({ context_id: contextId }).first()).toMatchObject({
      current_job_id: null,
      last_successful_job_id: null,
    });
  });

  test('a disk that points to its newest job outlives the older one, and its volume', async () => {
    const { contextId, jobId, diskId } = await makeEverything();
    const newer = await makeReplicationJob(db, contextId);
    await db('vm_disks').where({ id: diskId }).update({ job_id: newer.id });
    await db('replication_jobs').where({ id: jobId }).del();
    await db('ossea_volumes').del();
    expect(await db('vm_disks').where({ id: diskId })).toMatchObject([{ job_id: newer.id, ossea_volume_id: null }]);
  });

  test('one active root job per VM, enforced by the database; a job that is over makes room', async () => {
    const { context_id } = await makeContext(db);
    const first = await makeJob(db, { active_context_id: context_id });
    await expect(makeJob(db, { active_context_id: context_id })).rejects.toMatchObject({
      code: 'db.duplicate',
      details: { key: 'uq_job_tracking_active_context' },
    });
    await db('job_tracking').where({ id: first.id }).update({ active_context_id: null });
    await makeJob(db, { active_context_id: context_id });
  });

  test('a child key is unique within its parent, and jobs without one do not collide', async () => {
    const parent = await makeJob(db);
    await makeJob(db, { parent_job_id: parent.id, child_key: 'attach-1' });
    await expect(makeJob(db, { parent_job_id: parent.id, child_key: 'attach-1' })).rejects.toMatchObject({
      code: 'db.duplicate',
    });
    await makeJob(db, { parent_job_id: parent.id });
    await makeJob(db, { parent_job_id: parent.id });
    await db('job_tracking').where({ id: parent.id }).del();
    expect(await db('job_tracking').select()).toEqual([]);
  });

  test('a disk is one row per VM; ids that differ in case only are two disks', async () => {
    const { context_id: contextId } = await makeContext(db);
    const { id: jobId } = await makeReplicationJob(db, contextId);
    await makeDisk(db, { contextId, jobId }, { disk_id: 'data.raw' });
    await makeDisk(db, { contextId, jobId }, { disk_id: 'DATA.raw' });
    await expect(makeDisk(db, { contextId, jobId }, { disk_id: 'data.raw' })).rejects.toMatchObject({
      code: 'db.duplicate',
    });
  });

  test('log records outlive their job, steps do not', async () => {
    const { id } = await makeJob(db);
    const [step] = await db('job_steps').insert({ job_id: id, name: 'copy', seq: 1 });
    await db('log_events').insert({ job_id: id, step_id: step, level: 'ERROR', message: 'x' });
    await db('job_tracking').where({ id }).del();
    expect(await db('job_steps').select()).toEqual([]);
    expect(await db('log_events').select()).toMatchObject([{ job_id: null, step_id: null, message: 'x' }]);
  });
});
