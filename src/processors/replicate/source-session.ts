import { loadCycleVm } from '../../db/stores/cycle-store.ts';
import { chooseSync } from '../../domain/sync-mode.ts';
import type { SourceSession } from '../../vma/contract.ts';
import type { Replication } from './context.ts';
import type { Prepared } from './outputs.ts';

/**
 * The source session of this job: made at the first call, adopted under our epoch at every later one. The VMA knows
 * it by the job, so a lost answer or a dead worker never leaves a second snapshot.
 */
export async function ensureSession({ run, deps }: Replication, plan: Prepared): Promise<SourceSession> {
  const vm = await loadCycleVm(deps.db, { contextId: run.payload.contextId, jobId: run.jobId });
  const disks = (vm?.disks ?? []).map((disk) => {
    const choice = chooseSync(disk, { forceFull: run.payload.forceFull });
    return { disk_id: disk.diskId, ...(choice.mode === 'incremental' ? { change_id: choice.changeId } : {}) };
  });
  return deps.vma.createSession(
    {
      job_id: run.jobId,
      epoch: run.epoch,
      kind: plan.source.kind,
      vm: plan.source.vm,
      installation_id: deps.installationId,
      disks,
    },
    { signal: run.signal },
  );
}
