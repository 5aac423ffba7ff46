import { queueLog } from '../base/logger.ts';
import { isDue } from '../db/stores/periodic-store.ts';
import type { Knex } from '../db/knex.ts';
import type { JobContract } from './define-job.ts';
import { Leader } from './leader.ts';
import type { Ledger } from './ledger.ts';
import { Loop } from './loop.ts';
import { submit } from './submit.ts';

/** A job that is submitted again and again, by whichever process leads. */
export interface PeriodicJob {
  readonly name: string;
  readonly everyMs: number;
  /** Submits one. */
  readonly submit: (ledger: Ledger) => Promise<unknown>;
  /** Whether there is anything to do at all. */
  readonly isWanted: (db: Knex) => Promise<boolean>;
}

export const periodicJob = <P, R>(
  contract: JobContract<string, P, R>,
  of: { readonly payload: P; readonly everyMs: number; readonly isWanted: (db: Knex) => Promise<boolean> },
): PeriodicJob => ({
  name: contract.name,
  everyMs: of.everyMs,
  isWanted: of.isWanted,
  submit: (ledger) => submit(ledger, { contract, payload: of.payload, root: false, owner: 'schedule' }),
});

const LOOK_MS = 30_000;

/** A leader that misses this many looks is replaced. */
const LEADER_LOOKS = 2;

/**
 * Looks now and then whether a job is due: none of its kind is active, and the last one was made `everyMs` ago. So a
 * vCenter that is away does not make jobs pile up, and a restart does not begin anew. Two leaders for a moment would make
 * two of them, which such a job must bear. The lead is among those that have such jobs, and has nothing to do with who
 * repairs the ledger: a volume daemon repairs, too, and makes no such job. Close it.
 * @param owner unique per process
 */
export function startPeriodic(
  ledger: Ledger,
  owner: string,
  jobs: readonly PeriodicJob[],
): { close(): Promise<unknown> } {
  if (jobs.length === 0) return { close: () => Promise.resolve() };
  const everyMs = Math.min(LOOK_MS, ...jobs.map((job) => job.everyMs));
  const leader = new Leader(ledger.db, { name: 'periodic', owner, ttlMs: LEADER_LOOKS * everyMs });
  const loop = new Loop({
    name: 'periodic',
    everyMs,
    log: queueLog,
    round: async () => {
      if (!(await leader.leads())) return;
      for (const job of jobs) {
        if ((await isDue(ledger.db, job.name, job.everyMs)) && (await job.isWanted(ledger.db)))
          await job.submit(ledger);
      }
    },
  });
  return {
    async close() {
      await loop.close();
      await leader.close();
    },
  };
}
