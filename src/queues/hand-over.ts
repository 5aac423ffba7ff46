import { inTransaction } from '../db/knex.ts';
import { postponeJob } from '../db/stores/job-claim.ts';
import { lockJob, type JobRecord } from '../db/stores/job-rows.ts';
import { textOf } from '../db/stores/job-settle.ts';
import { SECOND } from '../base/units.ts';
import type { Elsewhere } from './catalogue.ts';
import type { Ledger } from './ledger.ts';
import { showWait } from './settle.ts';

/** So often a message goes round at once: whoever waits longest gets it, so that it soon comes to the right process. */
const ROUNDS_AT_ONCE = 3;
const PAUSE_FIRST_MS = 50;
const PAUSE_MAX_MS = 2 * SECOND;
const PAUSE_AWAY_MAX_MS = 15 * SECOND;
/** From here on the right process is busy rather than unlucky, and people are told what the job waits for. */
const ROUNDS_UNSEEN = 8;

/** A message that this process may still act on. */
export const isOnOffer = (job: JobRecord): boolean =>
  job.dispatchState === 'queued' || job.dispatchState === 'dispatched';

/**
 * Back to the queue, unclaimed, for the process that has to do it; the pause grows with each round. No attempt is used
 * and no time runs out: a job whose process is away waits visibly until it returns or somebody cancels.
 */
export async function handOver(ledger: Ledger, job: JobRecord, { error, isAway }: Elsewhere): Promise<void> {
  const delayMs = pauseOf(job.generation, isAway);
  const isShown = isAway || job.generation > ROUNDS_UNSEEN;
  await inTransaction(
    ledger.db,
    async (trx) => {
      const row = await lockJob(trx, job.id);
      if (row === undefined || row.generation !== job.generation || !isOnOffer(row)) return;
      await postponeJob(trx, job, { delayMs, error: textOf(error) });
      if (isShown) await showWait(trx, { catalogue: ledger.catalogue, job: row, error });
    },
    { idempotent: true },
  );
  ledger.wakeRelay();
}

/** The generation counts the rounds: each starts a new one. */
function pauseOf(generation: number, isAway: boolean): number {
  if (generation <= ROUNDS_AT_ONCE && !isAway) return 0;
  const grown = PAUSE_FIRST_MS * 2 ** Math.min(Math.max(0, generation - ROUNDS_AT_ONCE), 20);
  return Math.min(grown, isAway ? PAUSE_AWAY_MAX_MS : PAUSE_MAX_MS) * (0.9 + 0.2 * Math.random());
}
