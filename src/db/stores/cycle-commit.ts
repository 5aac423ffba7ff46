import type { DiskCommit, VmCommit } from '../../domain/cbt/source-state.ts';
import type { Knex } from '../knex.ts';
import { select } from '../sql.ts';
import { historyOf, type CycleLanding } from './cycle-store.ts';
import { sealOverlays } from './volume-overlay-store.ts';

/** What a cycle leaves behind when it is over, and what the next one finds of it. Lengths in bytes. */

export interface CommittedDisk {
  readonly vmDiskId: number;
  readonly diskId: string;
  readonly capacityBytes: number;
  /** full: all of it was copied or compared. */
  readonly mode: 'full' | 'incremental';
  readonly fullReason: string | null;
  /** Why all of it is to be compared soon, although it was copied by its changes; null where there is no reason. */
  readonly doubt: string | null;
  /** Of the target: the one that holds, everywhere, what changeId claims. A later one was found wanting meanwhile. */
  readonly generation: number;
  /** Null: the source tracks no changes of this disk, and its next copy is of all of it. */
  readonly changeId: string | null;
  readonly previousChangeId: string | null;
  readonly bytesTransferred: number;
  readonly areas: number;
  readonly seconds: number;
  readonly landing: CycleLanding;
}

export interface CycleCommit {
  readonly jobId: string;
  readonly contextId: string;
  readonly type: 'initial' | 'incremental';
  /** Tag of the snapshot, and when it was begun by the clock of the VMA. */
  readonly snapshot: string;
  readonly snapshotAt: Date;
  readonly disks: readonly CommittedDisk[];
  /** What vSphere said of the VM, and of its disks by their id; null for a source that says nothing of the kind. */
  readonly vm: { readonly commit: VmCommit; readonly byDiskId: ReadonlyMap<string, DiskCommit> } | null;
}

/**
 * The commit of a cycle: the changeIds of ALL disks with what they were told of, in the caller's transaction. Only after
 * every disk is flushed and its export is gone: from then on nothing can write what these changeIds claim. What landed
 * beside the volumes becomes a part of the committed point in the same moment, for all of them or for none.
 * @throws precondition `replication.overlay-gone`
 */
export async function commitCycle(trx: Knex.Transaction, cycle: CycleCommit): Promise<void> {
  for (const disk of cycle.disks) {
    await trx('vm_disks')
      .where({ id: disk.vmDiskId })
      .update({
        disk_change_id: disk.changeId,
        committed_generation: disk.generation,
        capacity_bytes: disk.capacityBytes,
        dirty_since: null,
        sync_status: 'completed',
        sync_progress_percent: 100,
        last_sync_mode: disk.mode,
        last_full_reason: trx.raw('if(target_generation = ?, ?, last_full_reason)', [disk.generation, disk.fullReason]),
        ...verificationOf(trx, disk),
        ...identityOf(cycle, disk),
      });
    await storeHistory(trx, cycle, disk);
    await trx('disk_checkpoints').where({ vm_disk_id: disk.vmDiskId }).del();
  }
  const overlayIds = cycle.disks.flatMap(({ landing }) => landing.overlayId ?? []);
  await sealOverlays(trx, cycle.jobId, overlayIds);
  await storeVm(trx, cycle);
  const first = cycle.disks[0];
  await trx('replication_jobs')
    .where({ id: cycle.jobId })
    .update({
      replication_type: cycle.type,
      snapshot_id: cycle.snapshot,
      change_id: first?.changeId ?? null,
      previous_change_id: first?.previousChangeId ?? null,
      progress_percent: 100,
      vma_progress_percent: 100,
      vma_current_phase: 'PersistChangeIDs',
      current_operation: 'Committed',
    });
}

type Cells = Record<string, Knex.Value>;

/** A doubt stays until all of the disk was looked at. */
function verificationOf(trx: Knex.Transaction, disk: CommittedDisk): Cells {
  if (disk.mode === 'full') return { verified_at: trx.raw('now(6)'), verify_reason: null };
  return disk.doubt === null ? {} : { verify_reason: disk.doubt };
}

function identityOf(cycle: CycleCommit, disk: CommittedDisk): Cells {
  const told = cycle.vm?.byDiskId.get(disk.diskId);
  return {
    commit_job_id: cycle.jobId,
    commit_device_key: told?.key ?? null,
    commit_backing_uuid: told?.backingUuid ?? null,
    commit_object_id: told?.objectId ?? null,
    commit_file_name: told?.fileName ?? null,
    commit_capacity_bytes: disk.capacityBytes,
  };
}

/** Instead of what was written when the disk was begun: its end is when this cycle of it happened. */
async function storeHistory(trx: Knex.Transaction, cycle: CycleCommit, disk: CommittedDisk): Promise<void> {
  await trx('cbt_history').where({ job_id: cycle.jobId, disk_id: disk.diskId }).del();
  const { jobId, contextId } = cycle;
  await trx('cbt_history').insert({
    ...historyOf({ ...disk, jobId, contextId, reason: disk.fullReason ?? disk.doubt }),
    change_id: disk.changeId,
    sync_success: true,
    blocks_changed: disk.areas,
    bytes_transferred: disk.bytesTransferred,
    sync_duration_seconds: Math.round(disk.seconds),
  });
}

async function storeVm(trx: Knex.Transaction, cycle: CycleCommit): Promise<void> {
  const told = cycle.vm?.commit;
  await trx('vm_replication_contexts')
    .where({ context_id: cycle.contextId })
    .update({
      commit_job_id: cycle.jobId,
      commit_vcenter_uuid: told?.vcenterUuid ?? null,
      commit_instance_uuid: told?.instanceUuid ?? null,
      commit_snapshot_ref: told?.snapshotId ?? null,
      commit_other_snapshots: told === undefined ? null : JSON.stringify(told.otherSnapshotIds),
      commit_snapshot_at: cycle.snapshotAt,
      committed_at: trx.raw('now(6)'),
    });
}

interface VmRow {
  readonly commit_job_id: string | null;
  readonly commit_vcenter_uuid: string | null;
  readonly commit_instance_uuid: string | null;
  readonly commit_snapshot_ref: string | null;
  readonly commit_other_snapshots: unknown;
  readonly commit_snapshot_at: Date | null;
}

interface DiskRow {
  readonly commit_job_id: string;
  readonly commit_device_key: number;
  readonly commit_backing_uuid: string | null;
  readonly commit_object_id: string | null;
  readonly commit_file_name: string | null;
  readonly commit_capacity_bytes: number;
  readonly disk_change_id: string | null;
  readonly committed_generation: number;
}

const VM = `SELECT commit_job_id, commit_vcenter_uuid, commit_instance_uuid, commit_snapshot_ref,
  commit_other_snapshots, commit_snapshot_at FROM vm_replication_contexts WHERE context_id = ?`;
const DISKS = `SELECT commit_job_id, commit_device_key, commit_backing_uuid, commit_object_id, commit_file_name,
  commit_capacity_bytes, disk_change_id, committed_generation FROM vm_disks WHERE vm_context_id = ?
  AND commit_job_id IS NOT NULL AND commit_device_key IS NOT NULL AND committed_generation IS NOT NULL`;

/** The last commit of a VM of vSphere, with all disks that ever were in one; undefined where there was none. */
export async function loadVmCommit(
  db: Knex,
  contextId: string,
): Promise<{ readonly commit: VmCommit; readonly snapshotAt: Date | null } | undefined> {
  const [vm] = await select<VmRow>(db, VM, [contextId]);
  if (vm === undefined || vm.commit_job_id === null) return undefined;
  if (vm.commit_vcenter_uuid === null || vm.commit_instance_uuid === null) return undefined;
  const disks = await select<DiskRow>(db, DISKS, [contextId]);
  const commit = {
    vcenterUuid: vm.commit_vcenter_uuid,
    instanceUuid: vm.commit_instance_uuid,
    commitId: vm.commit_job_id,
    snapshotId: vm.commit_snapshot_ref ?? '',
    otherSnapshotIds: snapshotIds(vm.commit_other_snapshots),
    disks: disks.map(toDisk),
  };
  return { commit, snapshotAt: vm.commit_snapshot_at };
}

function toDisk(row: DiskRow): DiskCommit {
  return {
    key: row.commit_device_key,
    backingUuid: row.commit_backing_uuid,
    objectId: row.commit_object_id,
    commitId: row.commit_job_id,
    fileName: row.commit_file_name ?? '',
    capacityBytes: Number(row.commit_capacity_bytes),
    changeId: row.disk_change_id,
    generation: row.committed_generation,
  };
}

/** MySQL has a type for JSON, MariaDB delivers its text. What is no list of ids counts as one: it forbids to believe. */
function snapshotIds(stored: unknown): readonly string[] {
  const list: unknown = typeof stored === 'string' ? JSON.parse(stored) : stored;
  return Array.isArray(list) && list.every((id) => typeof id === 'string') ? list : ['unknown'];
}
