import type { Knex } from 'knex';
import { lead, stepDown } from '../db/stores/leader-lease.ts';

/**
 * One process at a time repairs. The lease only saves work: every repair names the state that it repairs, so a leader
 * that was replaced without noticing does no harm.
 */
export class Leader {
  readonly #db: Knex;
  readonly #lease: { readonly name: string; readonly owner: string; readonly ttlMs: number };

  /** @param lease `owner` is unique per process; `ttlMs` is how long a dead leader is waited for. */
  constructor(db: Knex, lease: { readonly name: string; readonly owner: string; readonly ttlMs: number }) {
    this.#db = db;
    this.#lease = lease;
  }

  /** Whether this process leads now; takes or renews the lease. */
  async leads(): Promise<boolean> {
    return (await lead(this.#db, this.#lease)) !== undefined;
  }

  /** Gives the lease back, so that another process leads at once. */
  async close(): Promise<void> {
    await stepDown(this.#db, this.#lease);
  }
}
