import type { Knex } from 'knex';
import { markDispatched } from '../db/stores/job-dispatch.ts';

interface Sent {
  readonly id: string;
  readonly generation: number;
}

/** Together, within so long: a busy API would else pay for a second COMMIT per job. */
const COLLECT_MS = 20;
const BATCH = 100;

/**
 * Notes in the ledger which messages are out, a little later and many at a time. What is lost on the way, with the
 * process or the database, the relay finds still queued and sends again under the same id, which Redis ignores.
 */
export class DispatchMarks {
  readonly #db: Knex;
  readonly #waiting: Sent[] = [];
  #flushing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(db: Knex) {
    this.#db = db;
  }

  add(sent: Sent): void {
    this.#waiting.push(sent);
    if (this.#flushing === undefined) this.#timer ??= setTimeout(() => this.#start(), COLLECT_MS);
  }

  /** Notes what waits, and resolves when that is done or has failed. */
  async close(): Promise<void> {
    if (this.#waiting.length > 0) this.#start();
    await this.#flushing;
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      // Contention and an absent database alike are the relay's to mend.
      await markDispatched(this.#db, batch).catch(() => undefined);
    }
    this.#flushing = undefined;
  }
}
