import type { Knex } from 'knex';
import { MINUTE } from '../../base/units.ts';
import type { AttachedVolume, SlotRequest, SlotState } from '../../domain/slots/state.ts';
import { change, insertAll, places, select } from '../sql.ts';
import type { OmaVm } from './oma-vm-store.ts';

/**
 * Rows of slot_requests, slot_holds and slot_evictions: who waits for attach slots, and who has some. They count while
 * their job is not terminal, so that nothing needs to be given back. Whoever decides holds the rows of oma_vms
 * (lockOmaVms) from before the first look to the end of the transaction.
 */

export interface SlotAsk {
  readonly jobId: string;
  readonly zoneId: string;
  readonly volumeIds: readonly string[];
}

/** At the end of the line, once per job. */
export async function askForSlots(trx: Knex.Transaction, { jobId, zoneId, volumeIds }: SlotAsk): Promise<void> {
  const [known] = await select<unknown>(trx, 'SELECT 1 FROM slot_requests WHERE job_id = ?', [jobId]);
  if (known !== undefined) return;
  await change(trx, 'INSERT INTO slot_requests (job_id, zone_id, asked_at) VALUES (?, ?, NOW(6))', [jobId, zoneId]);
  const rows = [...new Set(volumeIds)].map((volumeId) => [jobId, volumeId]);
  await insertAll(trx, { table: 'slot_holds', columns: { job_id: '?', volume_id: '?' } }, rows);
}

/** What the plan is made from; `vms` are those that the caller has locked, or just read. */
export async function readSlots(db: Knex, vms: readonly OmaVm[]): Promise<SlotState> {
  return { vms, attached: await readAttached(db, vms), requests: await readRequests(db) };
}

interface RequestRow {
  readonly jobId: string;
  readonly zoneId: string;
  readonly vm: number | null;
  readonly volumeId: string;
}

async function readRequests(db: Knex): Promise<SlotRequest[]> {
  const rows = await select<RequestRow>(
    db,
    `SELECT request.job_id AS jobId, request.zone_id AS zoneId, request.oma_vm_id AS vm, hold.volume_id AS volumeId
       FROM slot_requests request
       JOIN job_tracking job ON job.id = request.job_id AND job.dispatch_state <> 'closed'
       JOIN slot_holds hold ON hold.job_id = request.job_id
      ORDER BY request.seq, hold.volume_id`,
  );
  return [...Map.groupBy(rows, (row) => row.jobId)].map(([jobId, group]) => ({
    jobId,
    zoneId: group[0]?.zoneId ?? '',
    vm: group[0]?.vm ?? null,
    volumeIds: group.map((row) => row.volumeId),
  }));
}

interface AttachedRow {
  readonly volumeId: string;
  readonly vmId: string;
  readonly idleSince: Date;
  readonly exported: number;
  readonly operated: number;
  readonly inUse: number;
  readonly evictedBy: string | null;
  readonly stuck: number;
}

/** Whoever could not be detached is tried again after this; one that was, and has come back, may go at once. */
const STUCK_MS = 1 * MINUTE;

/**
 * A volume is kept while a job that has not ended has its export, an operation on it is under way, or its VM is in the
 * hands of a job that is not in the line: that one may be about to use it.
 */
async function readAttached(db: Knex, vms: readonly OmaVm[]): Promise<AttachedVolume[]> {
  if (vms.length === 0) return [];
  const ids = new Map(vms.map((vm) => [vm.vmId, vm.id]));
  const rows = await select<AttachedRow>(
    db,
    `SELECT mapping.volume_uuid AS volumeId, mapping.vm_id AS vmId,
        COALESCE((SELECT MAX(ended.completed_at) FROM job_tracking ended
                   WHERE ended.context_id = mapping.vm_context_id AND ended.job_category = 'replication'),
                 mapping.created_at) AS idleSince,
        EXISTS (SELECT 1 FROM nbd_exports export JOIN job_tracking writer
                    ON writer.id = CONVERT(JSON_VALUE(export.metadata, '$.job_id') USING utf8mb4) COLLATE utf8mb4_bin
                 WHERE export.volume_id = mapping.volume_uuid AND writer.dispatch_state <> 'closed') AS exported,
        EXISTS (SELECT 1 FROM volume_operations operation JOIN job_tracking work ON work.id = operation.id
                 WHERE operation.volume_id = mapping.volume_uuid AND work.dispatch_state <> 'closed') AS operated,
        EXISTS (SELECT 1 FROM job_tracking root WHERE root.active_context_id = mapping.vm_context_id
                   AND NOT EXISTS (SELECT 1 FROM slot_requests line JOIN job_tracking waiting ON waiting.id = line.job_id
                                    WHERE (waiting.id = root.id OR waiting.parent_job_id = root.id)
                                      AND waiting.dispatch_state <> 'closed' AND line.oma_vm_id IS NULL)) AS inUse,
        IF(child.dispatch_state <> 'closed', eviction.job_id, NULL) AS evictedBy,
        COALESCE(child.dispatch_state = 'closed' AND child.status <> 'completed'
                 AND child.completed_at > NOW(6) - INTERVAL ${STUCK_MS * 1000} MICROSECOND, 0) AS stuck
       FROM device_mappings mapping
       LEFT JOIN slot_evictions eviction ON eviction.volume_id = mapping.volume_uuid
       LEFT JOIN job_tracking child ON child.parent_job_id = eviction.job_id AND child.child_key = eviction.child_key
      WHERE mapping.vm_id IN (${places(vms)})`,
    vms.map((vm) => vm.vmId),
  );
  return rows.map((row) => ({
    volumeId: row.volumeId,
    vm: ids.get(row.vmId) ?? 0,
    isKept: row.exported === 1 || row.operated === 1 || row.inUse === 1,
    evictedBy: row.evictedBy,
    isStuck: row.stuck === 1,
    idleSince: row.idleSince,
  }));
}

/** Again for a job that has given its slots back: it keeps its place in the line, and counts its grants. */
export async function grantSlots(
  trx: Knex.Transaction,
  grants: readonly { readonly jobId: string; readonly vm: number }[],
): Promise<void> {
  for (const { jobId, vm } of grants) {
    await change(
      trx,
      'UPDATE slot_requests SET oma_vm_id = ?, granted_at = NOW(6), grants = grants + 1 WHERE job_id = ?',
      [vm, jobId],
    );
  }
}

/** The slots that the job has now; how often it was given some. */
export async function findGrant(
  db: Knex,
  jobId: string,
): Promise<{ readonly vm: number; readonly grants: number } | undefined> {
  const [row] = await select<{ vm: number | null; grants: number }>(
    db,
    'SELECT oma_vm_id AS vm, grants FROM slot_requests WHERE job_id = ?',
    [jobId],
  );
  return row === undefined || row.vm === null ? undefined : { vm: row.vm, grants: row.grants };
}

/** Back into the line, where it was. */
export async function giveSlotsBack(trx: Knex.Transaction, jobId: string): Promise<void> {
  await change(trx, 'UPDATE slot_requests SET oma_vm_id = NULL, granted_at = NULL WHERE job_id = ?', [jobId]);
}

/** Written in the transaction that makes the child which detaches the volume. */
export async function noteEviction(
  trx: Knex.Transaction,
  { volumeId, jobId, childKey }: { readonly volumeId: string; readonly jobId: string; readonly childKey: string },
): Promise<void> {
  await change(
    trx,
    `INSERT INTO slot_evictions (volume_id, job_id, child_key, asked_at) VALUES (?, ?, ?, NOW(6))
     ON DUPLICATE KEY UPDATE job_id = VALUES(job_id), child_key = VALUES(child_key), asked_at = VALUES(asked_at)`,
    [volumeId, jobId, childKey],
  );
}

/** Children of the job that detach volumes for it and have not ended. */
export async function openEvictions(db: Knex, jobId: string): Promise<string[]> {
  const rows = await select<{ id: string }>(
    db,
    `SELECT child.id FROM slot_evictions eviction
       JOIN job_tracking child ON child.parent_job_id = eviction.job_id AND child.child_key = eviction.child_key
      WHERE eviction.job_id = ? AND child.dispatch_state <> 'closed'`,
    [jobId],
  );
  return rows.map((row) => row.id);
}

/** Jobs that wait for their next try need not wait longer. */
export async function wakeJobs(trx: Knex.Transaction, jobIds: readonly string[]): Promise<void> {
  if (jobIds.length === 0) return;
  await change(
    trx,
    `UPDATE job_tracking SET not_before = NOW(6) WHERE id IN (${places(jobIds)}) AND dispatch_state = 'retry_wait'`,
    jobIds,
  );
}
