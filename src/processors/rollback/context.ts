import { z } from 'zod';
import { AppError } from '../../base/errors.ts';
import { Leftover } from '../../domain/failover/leftover.ts';
import type { JobRun } from '../../queues/define-job.ts';
import type { RollbackPayload } from '../../queues/jobs/rollback.ts';
import type { Cloud } from '../../volumes/cloud.ts';
import type { FailoverDeps } from '../failover/context.ts';

/** What the way back from a failover needs from the world. */
export type RollbackDeps = Pick<FailoverDeps, 'db' | 'vma' | 'box' | 'openCloud'>;

/** What each step of one rollback sees. */
export interface Rollback {
  readonly run: JobRun<RollbackPayload>;
  readonly deps: RollbackDeps;
}

/** Output of `failover-job-retrieval`: what is to come back, fixed from then on. */
export const WayBack = z.object({
  type: z.enum(['live', 'test']),
  /** How the failover itself had ended. */
  ended: z.enum(['completed', 'failed']),
  /** The VM that it made; null: it made none, or that one is gone. */
  vmId: z.string().nullable(),
  /** The disk that its template gave that VM: taken off it, and perhaps not yet deleted. Null: it never left the VM. */
  templateDiskId: z.string().nullable().default(null),
  source: z.object({ kind: z.enum(['folder', 'vsphere']), vm: z.string() }),
  configId: z.int(),
  zoneId: z.string(),
  volumeIds: z.array(z.string()),
});
export type WayBack = z.output<typeof WayBack>;

/** Output of each step between the first and the last two: what it could not do and went on past. */
export const Problems = z.object({ problems: z.array(Leftover) });
export type Problems = z.output<typeof Problems>;

export const cloudOf = ({ deps }: Rollback, plan: WayBack): Promise<Cloud> => deps.openCloud(plan.configId);

/** Goes on past what cannot be undone; else the first of it ends the rollback. */
export const isForced = ({ run }: Rollback): boolean => run.payload.forceCleanup;

/**
 * Runs `work`, and names a final failure of it instead of throwing it where the rollback was asked to go on.
 * @throws what may still succeed, and everything without force
 */
export async function orLeft(
  context: Rollback,
  left: Pick<Leftover, 'kind' | 'id'>,
  work: () => Promise<void>,
): Promise<Leftover[]> {
  try {
    await work();
    return [];
  } catch (thrown) {
    return [leftBy(context, left, thrown)];
  }
}

/** @throws `thrown` unless it is final and the rollback goes on past such */
export function leftBy(context: Rollback, left: Pick<Leftover, 'kind' | 'id'>, thrown: unknown): Leftover {
  const isFinal =
    thrown instanceof AppError &&
    thrown.retry === 'never' &&
    thrown.kind !== 'invariant' &&
    thrown.kind !== 'cancelled' &&
    !thrown.code.startsWith('job.');
  if (!isFinal || !isForced(context) || context.run.signal.aborted) throw thrown;
  const hint = thrown.hint === undefined ? '' : `: ${thrown.hint}`;
  return { ...left, what: `${thrown.message} (${thrown.code})${hint}` };
}
