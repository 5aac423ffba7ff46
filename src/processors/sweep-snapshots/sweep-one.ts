import type { AppError } from '../../base/errors.ts';
import { toAppError } from '../../base/errors.ts';
import { judgeSnapshot, type SnapshotFinding } from '../../domain/snapshot-findings.ts';
import type { JobRun } from '../../queues/define-job.ts';
import type { VmaClient } from '../../vma/client.ts';
import type { VcenterAccess } from '../../vma/contract.ts';
import type { OwnSnapshot } from '../../vma/snapshots-contract.ts';

export interface Sweep {
  readonly vma: Pick<VmaClient, 'removeSnapshot'>;
  readonly access: VcenterAccess;
  /** Of the jobs that the ledger knows. */
  readonly statuses: ReadonlyMap<string, string>;
  readonly run: Pick<JobRun<unknown>, 'signal' | 'log'>;
}

/** What becomes of each snapshot of ours at one vCenter. One that cannot be removed does not keep the others. */
export async function sweepOne(found: readonly OwnSnapshot[], sweep: Sweep): Promise<SnapshotFinding[]> {
  const findings: SnapshotFinding[] = [];
  for (const snapshot of found) {
    sweep.run.signal.throwIfAborted();
    const finding = await treat(snapshot, sweep);
    if (finding !== undefined) findings.push(finding);
  }
  return findings;
}

/** Undefined when it is gone. */
async function treat(snapshot: OwnSnapshot, sweep: Sweep): Promise<SnapshotFinding | undefined> {
  const { isToGo, state } = judgeSnapshot({
    jobStatus: sweep.statuses.get(snapshot.job_id),
    isHeld: snapshot.is_held,
    removal: snapshot.removal?.state,
  });
  const finding = { ...presented(snapshot), state, error: errorOf(snapshot) };
  if (!isToGo) return finding;
  const fields = { vm: snapshot.vm, snapshot: snapshot.name, leftBy: snapshot.job_id };
  const outcome = await ask(snapshot, sweep);
  if (outcome === 'gone') return undefined;
  if (outcome === 'removing') {
    sweep.run.log.info(fields, 'leftover snapshot is being removed');
    // What was asked for again has not failed yet; that it did before is still worth an alarm.
    return snapshot.removal?.state === 'failed' ? { ...finding, state: 'removal-failed' } : finding;
  }
  sweep.run.log.warn({ ...fields, code: outcome.code, reason: outcome.message }, 'leftover snapshot not removed');
  if (outcome.code === 'snapshot.in-use') return { ...finding, state: 'session-open' };
  return { ...finding, state: 'removal-failed', error: { code: outcome.code, text: outcome.message } };
}

async function ask(snapshot: OwnSnapshot, { vma, access, run }: Sweep): Promise<'removing' | 'gone' | AppError> {
  const { vm_ref, snapshot_ref, tag } = snapshot;
  try {
    return (await vma.removeSnapshot({ ...access, vm_ref, snapshot_ref, tag }, { signal: run.signal })).state;
  } catch (thrown) {
    run.signal.throwIfAborted();
    return toAppError(thrown);
  }
}

const errorOf = ({ removal }: OwnSnapshot): SnapshotFinding['error'] =>
  removal?.error === undefined || removal.error === null
    ? null
    : { code: removal.error.code, text: removal.error.text };

const presented = (snapshot: OwnSnapshot): Omit<SnapshotFinding, 'state' | 'error'> => ({
  vm: snapshot.vm,
  vm_ref: snapshot.vm_ref,
  instance_uuid: snapshot.instance_uuid,
  snapshot_ref: snapshot.snapshot_ref,
  name: snapshot.name,
  job_id: snapshot.job_id,
  created_at: snapshot.created_at,
});
