import { randomBytes, randomUUID } from 'node:crypto';
import type { Collector } from './properties/collector.ts';
import type { View } from './objects/views.ts';

/** Logins of the simulated vCenter. They live in memory: a new start knows none, as a real one does. */

export interface Session {
  /** Value of the cookie, without its quotes. */
  readonly cookie: string;
  readonly key: string;
  readonly username: string;
  readonly loggedInAt: string;
  lastUsedMs: number;
  callCount: number;
  /** What goes with the session, by moref. */
  readonly views: Map<string, View>;
  readonly collectors: Map<string, Collector>;
  nextId: number;
}

export class Sessions {
  readonly #idleMs: number;
  readonly #sessions = new Map<string, Session>();

  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  get count(): number {
    this.#forgetIdle();
    return this.#sessions.size;
  }

  login(username: string): Session {
    const session: Session = {
      cookie: randomBytes(20).toString('hex'),
      key: randomUUID(),
      username,
      loggedInAt: new Date().toISOString(),
      lastUsedMs: Date.now(),
      callCount: 0,
      views: new Map(),
      collectors: new Map(),
      nextId: 1,
    };
    this.#sessions.set(session.cookie, session);
    return session;
  }

  /** The session of a call, and that it is in use. Undefined when there is none, or none any more. */
  use(cookie: string | undefined): Session | undefined {
    this.#forgetIdle();
    const session = cookie === undefined ? undefined : this.#sessions.get(cookie);
    if (session === undefined) return undefined;
    session.lastUsedMs = Date.now();
    session.callCount += 1;
    return session;
  }

  isActive(key: string): boolean {
    this.#forgetIdle();
    return [...this.#sessions.values()].some((session) => session.key === key);
  }

  logout(session: Session): void {
    this.#sessions.delete(session.cookie);
  }

  /** Ends all of them, as a restart of vCenter or an administrator would. */
  expire(): void {
    this.#sessions.clear();
  }

  #forgetIdle(): void {
    const oldestMs = Date.now() - this.#idleMs;
    for (const session of this.#sessions.values()) if (session.lastUsedMs < oldestMs) this.logout(session);
  }
}
