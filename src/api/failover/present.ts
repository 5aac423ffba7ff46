import type { FailoverRecord } from '../../db/stores/failover-store.ts';
import { wireDocument } from '../present/wire.ts';

/** A failover as clients see it. */
export function presentFailover(failover: FailoverRecord): Record<string, unknown> {
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
    created_at: time(failover.createdAt),
    start_time: time(failover.startedAt),
    completed_at: time(failover.completedAt),
  };
}

const time = (moment: Date | null): string | null => moment?.toISOString() ?? null;
const orNull = (document: unknown): unknown =>
  document === null || document === undefined ? null : wireDocument(document);
