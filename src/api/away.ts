import { z } from 'zod';
import { systemClock, type Clock } from '../base/clock.ts';
import { toAppError } from '../base/errors.ts';
import { SECOND } from '../base/units.ts';
import type { PeerConfig } from '../config/config.ts';
import { requestJson } from '../http/json-client.ts';

/** What jobs need and requests do not: while one of these is away, requests are accepted and their jobs wait. */

export interface Away {
  readonly part: 'redis' | 'vma' | 'volume-daemon';
  readonly code: string;
  /** What a person does next; names no address, because health is told to everybody. */
  readonly hint: string;
}

/** Names what does not answer. Never throws. */
export type AskAway = () => Promise<readonly Away[]>;

/** Whoever asks for health asks again soon: an answer now is worth more than a sure one later. */
const ANSWER_WITHIN_MS = 2 * SECOND;
/** Everybody may ask for health, however often: the daemons are asked no more than once in this time. */
const FRESH_MS = 1 * SECOND;

const HINTS = {
  vma: 'check that the VMA runs (./migratekit vma), and that MIGRATEKIT_VMA_URL leads to it; jobs wait until it is back',
  'volume-daemon':
    'check that the volume daemon runs (./migratekit volume-daemon), and that MIGRATEKIT_VOLUME_DAEMON_URL leads to ' +
    'it; jobs wait until it is back',
} as const;

/** Asks VMA and volume daemon for their health, both at once, for two seconds. */
export function askDaemons(peers: Readonly<Record<keyof typeof HINTS, Pick<PeerConfig, 'url'>>>): AskAway {
  const ask = async (part: keyof typeof HINTS): Promise<readonly Away[]> => {
    const base = peers[part].url.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
    // Health is open: a wrong token is found by the first job, which says so.
    const peer = { name: part, url: `${base}/api/v1`, token: undefined };
    try {
      await requestJson(peer, { method: 'GET', path: '/health', answer: z.unknown(), deadlineMs: ANSWER_WITHIN_MS });
      return [];
    } catch (error) {
      return [{ part, code: toAppError(error).code, hint: HINTS[part] }];
    }
  };
  return keptFor(FRESH_MS, systemClock, async () => (await Promise.all([ask('vma'), ask('volume-daemon')])).flat());
}

/** Asks anew only when the last answer is older than `freshMs`; who asks meanwhile shares the question. */
export function keptFor<T>(freshMs: number, clock: Clock, ask: () => Promise<T>): () => Promise<T> {
  let last: { readonly asked: Promise<T>; answeredAtMs: number | undefined } | undefined;
  return () => {
    const isFresh = last !== undefined && (last.answeredAtMs ?? clock.monotonic()) + freshMs > clock.monotonic();
    if (last !== undefined && isFresh) return last.asked;
    const made: NonNullable<typeof last> = { asked: ask(), answeredAtMs: undefined };
    made.asked.then(
      () => (made.answeredAtMs = clock.monotonic()),
      () => (made.answeredAtMs = clock.monotonic()),
    );
    last = made;
    return made.asked;
  };
}
