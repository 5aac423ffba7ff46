import { notFound, toAppError, type AppError } from '../../base/errors.ts';
import { loadVmCommit } from '../../db/stores/cycle-commit.ts';
import { loadCycleVm, type CycleVm } from '../../db/stores/cycle-store.ts';
import { isSnapshotGone } from '../../domain/cbt/cause.ts';
import { chooseSync } from '../../domain/sync-mode.ts';
import type { CreateSession, SourceSession } from '../../vma/contract.ts';
import type { Replication } from './context.ts';
import { snapshotGone, SNAPSHOTS_LOST_MAX } from './next-way.ts';
import type { Prepared } from './outputs.ts';
import { sourceAccess } from './source-access.ts';

/**
 * The source session of this job: made at the first call, adopted under our epoch at every later one. The VMA knows
 * it by the job, so a lost answer or a dead worker never leaves a second snapshot.
 */
export async function ensureSession({ run, deps }: Replication, plan: Prepared): Promise<SourceSession> {
  const { contextId } = run.payload;
  const vm = await loadCycleVm(deps.db, { contextId, jobId: run.jobId });
  if (vm === undefined) throw notFound('context.unknown', `there is no VM context ${contextId}`);
  const disks = vm.disks.map((disk) => {
    const choice = chooseSync(disk, { forceFull: run.payload.forceFull });
    return { disk_id: disk.diskId, ...(choice.mode === 'incremental' ? { change_id: choice.changeId } : {}) };
  });
  const request: CreateSession = {
    job_id: run.jobId,
    epoch: run.epoch,
    kind: plan.source.kind,
    vm: plan.source.vm,
    installation_id: deps.installationId,
    disks,
    ...(plan.source.kind === 'vsphere' ? await inVcenter({ run, deps }, vm) : {}),
  };
  try {
    return await deps.vma.createSession(request, { signal: run.signal });
  } catch (thrown) {
    throw passing(toAppError(thrown), run.attempt);
  }
}

/** A snapshot that was removed while the session was made of it is another attempt's business, a few times. */
function passing(error: AppError, attempt: number): AppError {
  const isLost = error.code === 'session.snapshot-gone' || isSnapshotGone(error);
  return isLost && attempt <= SNAPSHOTS_LOST_MAX ? snapshotGone(error) : error;
}

/** Which VM it is, whatever stands under its path now, and who may look at it. */
async function inVcenter(
  { deps }: Replication,
  vm: CycleVm,
): Promise<Pick<CreateSession, 'instance_uuid' | 'bios_uuid' | 'since' | 'credentials'>> {
  const known = await loadVmCommit(deps.db, vm.contextId);
  const instanceUuid = vm.instanceUuid ?? known?.commit.instanceUuid ?? null;
  const snapshotAt = known?.snapshotAt ?? null;
  return {
    // Reverts during the last copy count, too; and what is told twice costs a comparison, what is missed costs the disk.
    since: snapshotAt === null ? null : new Date(snapshotAt.getTime() - deps.clockSkewMs).toISOString(),
    instance_uuid: instanceUuid,
    bios_uuid: instanceUuid === null ? vm.vmwareVmId : null,
    credentials: await sourceAccess(deps, vm),
  };
}
