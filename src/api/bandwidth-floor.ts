import { BYTES_PER_S_MIN } from '../base/bandwidth.ts';
import { invalidRequest } from '../base/errors.ts';

/**
 * Nothing would say that a copy stands nearly still because a limit was given in the wrong unit. `limits`: bytes per
 * second by the names of the request's fields; 0 and null are no limits.
 * @throws invalidRequest `bandwidth.too-low` which names each of them that is
 */
export function refuseTooLow(limits: Readonly<Record<string, number | null | undefined>>): void {
  const low = Object.entries(limits).filter(([, limit]) => (limit ?? 0) > 0 && (limit ?? 0) < BYTES_PER_S_MIN);
  if (low.length === 0) return;
  const named = low.map(([name, limit]) => `${name} ${limit}`).join(', ');
  throw invalidRequest('bandwidth.too-low', `too low for a limit: ${named}`, {
    details: { errors: low.map(([path]) => ({ path, message: `must be 0 or at least ${BYTES_PER_S_MIN}` })) },
    hint:
      'limits are bytes per second (100 MiB/s is 104857600); 0 lifts one, null gives it back to the level above; ' +
      'to stop a copy, cancel its job: the next one of the VM starts from the last committed copy',
  });
}
