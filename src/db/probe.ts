import { sleep } from '../base/clock.ts';
import type { Knex } from './knex.ts';

/** Whether the database answers a query within the limit. Never throws. */
export async function probe(db: Knex, withinMs: number): Promise<boolean> {
  const late = new AbortController();
  const answered = db.raw('select 1').then(
    () => true,
    () => false,
  );
  const timeout = sleep(withinMs, late.signal).then(
    () => false,
    () => false,
  );
  try {
    return await Promise.race([answered, timeout]);
  } finally {
    late.abort(new Error('answered'));
  }
}
