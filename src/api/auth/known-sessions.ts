import { hash } from 'node:crypto';
import type { Session } from './sessions.ts';

/** Sessions in use at a time by far; who is beyond it is checked again, no more. */
const ENTRIES_MAX = 5_000;

/**
 * Tokens that this process has found good, until they expire: to check a signature costs more than to answer many a
 * request. Nothing else ends a token while its key lives, so nothing else can make an entry wrong; a process that
 * starts with another key starts without entries. A token is kept as its digest: what lies in memory signs nobody in.
 */
export class KnownSessions {
  /** From the one that was used longest ago to the newest. */
  readonly #sessions = new Map<string, Session>();
  readonly #entriesMax: number;

  constructor(entriesMax = ENTRIES_MAX) {
    this.#entriesMax = entriesMax;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The session of a token that was good before and has not expired since. */
  find(token: string): Session | undefined {
    const key = digest(token);
    const session = this.#sessions.get(key);
    if (session === undefined) return undefined;
    this.#sessions.delete(key);
    if (session.expiresAt.getTime() <= Date.now()) return undefined;
    this.#sessions.set(key, session);
    return session;
  }

  /** Remembers a token whose signature and claims are good. */
  add(token: string, session: Session): void {
    this.#sessions.set(digest(token), session);
    const oldest = this.#sessions.size > this.#entriesMax ? this.#sessions.keys().next().value : undefined;
    if (oldest !== undefined) this.#sessions.delete(oldest);
  }
}

const digest = (token: string): string => hash('sha256', token, 'base64');
