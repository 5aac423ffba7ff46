import type { Knex } from '../../db/knex.ts';
import type { FailoverRecord } from '../../db/stores/failover-store.ts';
import { jobViewsByIds } from '../../db/stores/job-view-store.ts';
import { wireDocument } from '../present/wire.ts';

/** The status of the jobs that take these failovers back, by their ids. One query, or none. */
export async function rollbackStatuses(
  db: Knex,
  failovers: readonly FailoverRecord[],
): Promise<ReadonlyMap<string, string>> {
  const jobs = await jobViewsByIds(
    db,
    failovers.flatMap(({ rolledBackBy }) => rolledBackBy ?? []),
  );
  return new Map(jobs.map(({ id, status }) => [id, status]));
}

/** A failover as clients see it. */
export function presentFailover(
  failover: FailoverRecord,
  rollbacks: ReadonlyMap<string, string>,
): Record<string, unknown> {
  return {
    job_id: failover.jobId,
    context_id: failover.vmContextId,
    vm_id: failover.vmId,
    vm_name: failover.sourceVmName,
    failover_type: failover.jobType,
    status: failover.status,
    progress: failover.progressPercent,
    current_step: failover.currentStep,
    replication_job_id: failover.replicationJobId,
    destination_vm_id: failover.destinationVmId,
    destination_vm_name: failover.destinationVmName,
    error_message: failover.errorMessage,
    loss_seconds: failover.lossSeconds,
    boot_verdict: orNull(failover.bootVerdict),
    conversion: orNull(failover.conversion),
    remaining: failover.remaining ?? [],
    auto_cleanup: failover.autoCleanup,
    test_expires_at: time(failover.testExpiresAt),
    commit_policy: failover.commitPolicy,
    commit_due_at: time(failover.commitDueAt),
    committed_at: time(failover.committedAt),
    rolled_back_by: failover.rolledBackBy,
    rollback_status: rollbacks.get(failover.rolledBackBy ?? '') ?? null,
    created_at: time(failover.createdAt),
    start_time: time(failover.startedAt),
    completed_at: time(failover.completedAt),
  };
}

const time = (moment: Date | null): string | null => moment?.toISOString() ?? null;
const orNull = (document: unknown): unknown =>
  document === null || document === undefined ? null : wireDocument(document);
