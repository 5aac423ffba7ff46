import type { Knex } from 'knex';
import type { LedgerConfig, RedisConfig } from '../config/config.ts';
import type { JobRecord } from '../db/stores/job-rows.ts';
import type { Catalogue } from './catalogue.ts';
import { DispatchMarks } from './dispatch-marks.ts';
import { Doorbell, type Message } from './doorbell.ts';
import { messageId } from './job-id.ts';
import { within } from './loop.ts';

/** What submit, cancel, relay and reconciler share. The API has one, and so has every worker process. */
export interface Ledger extends AsyncDisposable {
  readonly db: Knex;
  readonly doorbell: Doorbell;
  /** Which messages of this process are out. */
  readonly marks: DispatchMarks;
  readonly timing: LedgerConfig;
  readonly catalogue: Catalogue;
  /** Rows were queued: send them now rather than at the next round. Does nothing where no relay runs. */
  wakeRelay: () => void;
  close(): Promise<void>;
}

export interface LedgerOptions {
  /** Stays the caller's: it closes it. */
  readonly db: Knex;
  readonly redis: RedisConfig;
  readonly ledger: LedgerConfig;
  readonly catalogue: Catalogue;
}

const CLOSE_WITHIN_MS = 1_000;

/** Opens the doorbell; Redis need not be there. Close it. */
export function openLedger(options: LedgerOptions): Ledger {
  const doorbell = new Doorbell(options.redis);
  const marks = new DispatchMarks(options.db);
  const close = async (): Promise<void> => {
    await within(CLOSE_WITHIN_MS, marks.close());
    await doorbell.close();
  };
  return {
    db: options.db,
    doorbell,
    marks,
    timing: options.ledger,
    catalogue: options.catalogue,
    wakeRelay: () => undefined,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What a message needs to know of a row. */
export type Announced = Pick<JobRecord, 'id' | 'generation' | 'queue' | 'operation' | 'priority' | 'payloadJson'>;

/** The message that tells a worker about this generation of a job. */
export function messageOf(catalogue: Catalogue, job: Announced): Message {
  return {
    queue: job.queue,
    id: messageId(job),
    name: job.operation,
    priority: job.priority,
    data: { jobId: job.id, generation: job.generation, title: titleOf(catalogue, job) },
  };
}

/** A title that cannot be made must not keep the job, and all behind it, from being sent. */
function titleOf(catalogue: Catalogue, job: Announced): string {
  try {
    return catalogue.get(job.operation)?.title(JSON.parse(job.payloadJson)) ?? job.operation;
  } catch {
    return job.operation;
  }
}
