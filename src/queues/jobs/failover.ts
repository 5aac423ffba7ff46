import { z } from 'zod';
import { SECOND } from '../../base/units.ts';
import { failoverBegun, failoverSettled, failoverWaits } from '../../db/stores/failover-rows.ts';
import { insertFailover } from '../../db/stores/failover-store.ts';
import { FailoverOptions } from '../../domain/failover/options.ts';
import { defineJob, type Transaction } from '../define-job.ts';

/** One VM starts in CloudStack on the volumes of its replica: for good, or for a test. */
export const FailoverPayload = z.object({ contextId: z.string().min(1), options: FailoverOptions });
export type FailoverPayload = z.output<typeof FailoverPayload>;

export const FailoverResult = z.object({
  destinationVmId: z.string(),
  /** Null: nobody looked. */
  verdict: z.enum(['booted', 'running', 'not-booted']).nullable(),
  /** Between the committed point and the moment from which on the source's writes are lost; null: not known. */
  lossSeconds: z.int().nullable(),
});
export type FailoverResult = z.output<typeof FailoverResult>;

export const failover = defineJob({
  name: 'failover',
  queue: 'failover',
  jobType: 'failover',
  jobCategory: 'failover',
  idPrefix: 'failover',
  payload: FailoverPayload,
  result: FailoverResult,
  maxAttempts: 10,
  stopsWithinMs: 20 * SECOND,
  title: (payload) => `${payload.options.type} failover of ${payload.contextId}`,
  rows: { begun: failoverBegun, waits: failoverWaits, settled: failoverSettled },
});

/**
 * The rows of a failover that is being submitted: pass it as `domainRows`.
 * @throws not-found `context.unknown`; conflict `failover.not-allowed` when the state of the VM forbids it
 */
export const failoverAccepted =
  (payload: FailoverPayload) =>
  (trx: Transaction, jobId: string): Promise<void> =>
    insertFailover(trx, jobId, payload);
