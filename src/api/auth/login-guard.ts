import { notAllowed } from '../../base/errors.ts';
import type { Clock } from '../../base/clock.ts';
import { MINUTE, SECOND } from '../../base/units.ts';

/**
 * Limits how often a password can be guessed: per address, and per user name from all addresses. Kept in the memory
 * of each API process and forgotten at a restart.
 */

const WINDOW_MS = 15 * MINUTE;
/** Failures in a window. The one for a name is higher, so that one stranger alone cannot lock a user out. */
export const FAILURES_PER_ADDRESS = 20;
export const FAILURES_PER_NAME = 50;
/** Entries kept; beyond it the oldest go. */
const ENTRIES_MAX = 20_000;

interface Window {
  failures: number;
  endsAt: number;
}

export class LoginGuard {
  readonly #windows = new Map<string, Window>();
  readonly #clock: Pick<Clock, 'monotonic'>;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /**
   * Counts an attempt as failed before it is checked, so that attempts at the same time cannot pass together.
   * Call `succeeded` when it was right.
   * @throws notAllowed `auth.too-many-attempts` (429) with `details.retryAfterS`
   */
  admit(address: string, name: string): void {
    const limits: [key: string, limit: number][] = [
      [addressKey(address), FAILURES_PER_ADDRESS],
      [nameKey(name), FAILURES_PER_NAME],
    ];
    for (const [key, limit] of limits) {
      const window = this.#window(key);
      if (window !== undefined && window.failures >= limit) throw this.#tooMany(window);
    }
    for (const [key] of limits) this.#count(key, 1);
  }

  /** Takes the attempt back that `admit` counted. */
  succeeded(address: string, name: string): void {
    this.#count(addressKey(address), -1);
    this.#count(nameKey(name), -1);
  }

  #window(key: string): Window | undefined {
    const window = this.#windows.get(key);
    if (window === undefined || window.endsAt > this.#clock.monotonic()) return window;
    this.#windows.delete(key);
    return undefined;
  }

  #count(key: string, by: 1 | -1): void {
    const window = this.#window(key);
    if (window !== undefined) {
      window.failures = Math.max(0, window.failures + by);
      return;
    }
    if (by < 0) return;
    const oldest = this.#windows.size >= ENTRIES_MAX ? this.#windows.keys().next().value : undefined;
    if (oldest !== undefined) this.#windows.delete(oldest);
    this.#windows.set(key, { failures: 1, endsAt: this.#clock.monotonic() + WINDOW_MS });
  }

  #tooMany(window: Window): Error {
    const retryAfterS = Math.max(1, Math.ceil((window.endsAt - this.#clock.monotonic()) / SECOND));
    return notAllowed('auth.too-many-attempts', 'too many failed sign-ins', {
      details: { status: 429, retryAfterS },
      hint: `wait ${Math.ceil(retryAfterS / 60)} min and try again`,
    });
  }
}

/** One subscriber usually owns a whole /64 of IPv6: its addresses count as one. */
function addressKey(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return `address ${address}`;
  const [head = [], tail = []] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0');
  return `address ${[...head, ...zeros, ...tail].slice(0, 4).join(':')}`;
}

const nameKey = (name: string): string => `name ${name.slice(0, 64)}`;
