import { sleep } from '../base/clock.ts';
import { toAppError } from '../base/errors.ts';
import { SECOND } from '../base/units.ts';
import { getCapabilities } from '../cloudstack/capabilities.ts';
import type { OpenCloud } from './cloud.ts';

/** How CloudStack is, for /health, which must answer at once however slow the cloud is. */

const FRESH_MS = 30 * SECOND;
const ASK_DEADLINE_MS = 5 * SECOND;
/** How long one who asks is kept waiting for an answer that is under way. */
const WAIT_MS = 1 * SECOND;

export interface CloudHealth {
  /** unknown: the first answer is still under way. */
  readonly word: 'healthy' | 'unhealthy' | 'not configured' | 'unknown';
  /** Why it is not healthy. */
  readonly code: string | null;
  readonly checkedAt: Date | null;
}

export type CloudWatch = () => Promise<CloudHealth>;

/** Asks the active configuration's cloud at most once at a time, and every 30 s at the most. Never throws. */
export function cloudWatch(openCloud: OpenCloud, freshMs = FRESH_MS): CloudWatch {
  let last: CloudHealth = { word: 'unknown', code: null, checkedAt: null };
  let asking: Promise<void> | undefined;
  return async () => {
    if (last.checkedAt !== null && Date.now() - last.checkedAt.getTime() < freshMs) return last;
    asking ??= ask(openCloud).then((health) => {
      last = health;
      asking = undefined;
    });
    await answeredWithin(asking);
    return last;
  };
}

async function answeredWithin(answer: Promise<void>): Promise<void> {
  const enough = new AbortController();
  try {
    await Promise.race([answer, sleep(WAIT_MS, enough.signal).catch(() => undefined)]);
  } finally {
    enough.abort();
  }
}

async function ask(openCloud: OpenCloud): Promise<CloudHealth> {
  try {
    const { client } = await openCloud(null);
    await getCapabilities(client, { timeoutMs: ASK_DEADLINE_MS });
    return { word: 'healthy', code: null, checkedAt: new Date() };
  } catch (thrown) {
    const { code } = toAppError(thrown);
    const word = code === 'ossea-config.missing' ? 'not configured' : 'unhealthy';
    return { word, code, checkedAt: new Date() };
  }
}
