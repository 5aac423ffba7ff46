import type { Knex } from '../../src/db/knex.ts';

/**
 * Lets the leases run out that a dead worker left: the rows are as they would be when the time had passed, and no test
 * waits for a clock. So the workers that live may have leases of the length that the product has, and a machine that
 * stands still for some seconds costs none of them an attempt.
 * @param owner name of the worker; it must be dead, because a living one renews
 */
export async function runOutLeases(db: Knex, owner: string): Promise<void> {
  await db('job_tracking')
    .where({ lease_owner: owner, dispatch_state: 'claimed' })
    .update({ lease_expires_at: db.raw('now(6) - interval 1 second') });
}
