import { queueLog } from '../base/logger.ts';
import { endPauses, jobsToDispatch, markDispatched } from '../db/stores/job-dispatch.ts';
import type { JobRecord } from '../db/stores/job-rows.ts';
import { messageOf, type Ledger } from './ledger.ts';
import { Loop } from './loop.ts';

const BATCH = 100;
const RING_WITHIN_MS = 5_000;

/**
 * Sends queued rows to Redis. Runs in every worker process; several at once do no harm: a message has a deterministic
 * id, and the row is marked only while it is still that generation. A crash between the two sends the message again,
 * which Redis ignores or the claim refuses.
 */
export function startRelay(ledger: Ledger): Loop {
  const loop = new Loop({
    name: 'relay',
    everyMs: ledger.timing.relayMs,
    log: queueLog,
    round: async () => {
      // A full batch means that more is waiting.
      if ((await relayOnce(ledger)) === BATCH) loop.wake();
    },
  });
  return loop;
}

/** One round. @returns how many messages were sent; 0 while Redis is away */
export async function relayOnce(ledger: Ledger): Promise<number> {
  await endPauses(ledger.db);
  if (!ledger.doorbell.isReady()) return 0;
  const jobs = await jobsToDispatch(ledger.db, BATCH);
  // Queue by queue: one that cannot be rung must not keep the others silent.
  const byQueue = Map.groupBy(jobs, (job) => job.queue);
  const sent = await Promise.allSettled([...byQueue.values()].map((group) => send(ledger, group)));
  const failed = sent.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return jobs.length;
}

async function send(ledger: Ledger, jobs: readonly JobRecord[]): Promise<void> {
  await ledger.doorbell.ring(
    jobs.map((job) => messageOf(ledger.catalogue, job)),
    RING_WITHIN_MS,
  );
  await markDispatched(ledger.db, jobs);
}
