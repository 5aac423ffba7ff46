import { createHmac, randomBytes } from 'node:crypto';
import { systemClock, unlessAborted, type Clock } from '../../base/clock.ts';
import { AppError, busy, upstream } from '../../base/errors.ts';
import { HOUR, MINUTE, SECOND } from '../../base/units.ts';
import { Secret } from '../../config/secrets.ts';
import { VsphereSession, type VsphereSettings } from '../../vsphere/session.ts';
import type { VsphereTrust } from '../../vsphere/trust.ts';
import type { VcenterAccess } from '../contract.ts';

export interface VcentersOptions {
  /** How long a session stays that nobody uses; default 5 min. */
  readonly idleMs?: number;
  /** How long a refused login is not tried again; default 1 min. */
  readonly refusalMs?: number;
  /** Limit of one call at a vCenter; default that of VsphereSession. */
  readonly callTimeoutMs?: number;
  /** What limits of tasks are measured by. */
  readonly clock?: Clock | undefined;
}

/** A login is two calls. */
const LOGIN_CALL_MS = 12 * SECOND;
const IDLE_MS = 5 * MINUTE;
/** vCenter locks an account after five refusals within three minutes, unless told otherwise. Source: vSphere Authentication, lockout policy. */
const REFUSAL_MS = 1 * MINUTE;
/** What a session knows of its vCenter is read at its start: after an upgrade of the vCenter it is read anew. */
const AGE_MAX_MS = 12 * HOUR;
/** More than one VMA has vCenters. */
const SESSIONS_MAX = 32;

interface Entry {
  readonly key: string;
  readonly opening: Promise<VsphereSession>;
  readonly openedMs: number;
  users: number;
  idleTimer: NodeJS.Timeout | undefined;
}

/**
 * The sessions at vCenters that this process has: one for each address, account, password and trust, shared by all who
 * use them at the same time, kept a while for the next. Passwords stay in memory only.
 */
export class Vcenters {
  readonly #options: VcentersOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #refusals = new Map<string, { readonly error: AppError; readonly untilMs: number }>();
  /** What a stranger would get out of a dump of the keys is nothing that can be guessed at. */
  readonly #pepper = randomBytes(32);
  readonly #closing = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(options: VcentersOptions = {}) {
    this.#options = options;
  }

  /**
   * Does `work` with a session of this access. A session that vCenter ended is renewed within; `work` may run while
   * others use the same session. `signal` ends the wait for the login; pass it to what `work` calls, too.
   * Errors: those of VsphereSession.open and of `work`; not-allowed `vsphere.invalid-login` without asking the vCenter
   * again for a minute after it refused the same password; busy `vsphere.too-many-sessions`; upstream `vsphere.closed`.
   */
  async use<T>(
    access: VcenterAccess,
    work: (session: VsphereSession) => Promise<T>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    options.signal?.throwIfAborted();
    const entry = this.#take(access);
    entry.users += 1;
    clearTimeout(entry.idleTimer);
    try {
      return await work(await unlessAborted(entry.opening, options.signal));
    } catch (thrown) {
      if (isOver(thrown)) this.#drop(entry);
      if (isRefused(thrown)) this.#remember(entry.key, thrown);
      throw thrown;
    } finally {
      entry.users -= 1;
      if (entry.users === 0) this.#rest(entry);
    }
  }

  /** Logs out everywhere. What is under way ends with `vsphere.closed`. */
  async close(): Promise<void> {
    this.#stop.abort(closed());
    for (const entry of [...this.#entries.values()]) {
      this.#drop(entry);
      this.#logOut(entry);
    }
    await Promise.all(this.#closing);
  }

  #take(access: VcenterAccess): Entry {
    if (this.#stop.signal.aborted) throw closed();
    const key = this.#keyOf(access);
    const refusal = this.#refusals.get(key);
    if (refusal !== undefined && systemClock.monotonic() < refusal.untilMs) throw again(refusal.error);
    this.#refusals.delete(key);
    const known = this.#entries.get(key);
    if (known !== undefined && systemClock.monotonic() - known.openedMs < AGE_MAX_MS) return known;
    if (known !== undefined) this.#retire(known);
    this.#makeRoom();
    return this.#open(key, access);
  }

  #open(key: string, access: VcenterAccess): Entry {
    // Not under the signal of the one who asks first: others wait for it, too.
    const limits = { timeoutMs: LOGIN_CALL_MS, signal: this.#stop.signal };
    const opening = VsphereSession.open(settingsOf(access, this.#options), limits);
    const entry: Entry = { key, opening, openedMs: systemClock.monotonic(), users: 0, idleTimer: undefined };
    this.#entries.set(key, entry);
    opening.catch((thrown: unknown) => {
      this.#drop(entry);
      // Also when nobody waits for it any more.
      if (isRefused(thrown)) this.#remember(key, thrown);
    });
    return entry;
  }

  #remember(key: string, error: AppError): void {
    const nowMs = systemClock.monotonic();
    for (const [other, { untilMs }] of this.#refusals) if (untilMs <= nowMs) this.#refusals.delete(other);
    if (this.#refusals.has(key)) return;
    this.#refusals.set(key, { error, untilMs: nowMs + (this.#options.refusalMs ?? REFUSAL_MS) });
  }

  #makeRoom(): void {
    if (this.#entries.size < SESSIONS_MAX) return;
    const idle = [...this.#entries.values()].find((entry) => entry.users === 0);
    if (idle === undefined) {
      throw busy('vsphere.too-many-sessions', `${SESSIONS_MAX} sessions at vcenters are in use`, {
        hint: 'use one account for each vcenter',
      });
    }
    this.#retire(idle);
  }

  /** Nobody gets it any more; those who have it end in peace. */
  #retire(entry: Entry): void {
    this.#drop(entry);
    if (entry.users === 0) this.#logOut(entry);
  }

  #drop(entry: Entry): void {
    clearTimeout(entry.idleTimer);
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
  }

  /** The last user is gone. */
  #rest(entry: Entry): void {
    if (this.#entries.get(entry.key) !== entry) {
      this.#logOut(entry);
      return;
    }
    entry.idleTimer = setTimeout(() => this.#retire(entry), this.#options.idleMs ?? IDLE_MS).unref();
  }

  #logOut(entry: Entry): void {
    const closing = entry.opening.then(
      (session) => session.close(),
      () => undefined,
    );
    const done = closing.finally(() => this.#closing.delete(done));
    this.#closing.add(done);
  }

  #keyOf({ vcenter, username, password, thumbprint, ca }: VcenterAccess): string {
    const parts = JSON.stringify([vcenter, username, password, thumbprint ?? null, ca ?? null]);
    return createHmac('sha256', this.#pepper).update(parts).digest('base64');
  }
}

const closed = (): AppError => upstream('vsphere.closed', 'this VMA is stopping');

function settingsOf(access: VcenterAccess, { callTimeoutMs, clock }: VcentersOptions): VsphereSettings {
  return {
    address: access.vcenter,
    trust: trustOf(access),
    username: access.username,
    password: new Secret(access.password),
    clock,
    ...(callTimeoutMs === undefined ? {} : { callTimeoutMs }),
  };
}

/** The one certificate that it must show, else the authorities that must have signed it, else those of the system. */
function trustOf({ thumbprint, ca }: VcenterAccess): VsphereTrust {
  if (isGiven(thumbprint)) return { kind: 'thumbprint', thumbprint };
  if (isGiven(ca)) return { kind: 'authority', certificates: ca };
  return { kind: 'system' };
}

const isGiven = (text: string | null | undefined): text is string => text !== undefined && text !== null && text !== '';

/** The session is of no use to anybody any more. */
const isOver = (thrown: unknown): boolean =>
  thrown instanceof AppError &&
  ['vsphere.invalid-login', 'vsphere.not-authenticated', 'vsphere.closed'].includes(thrown.code);

const isRefused = (thrown: unknown): thrown is AppError =>
  thrown instanceof AppError && thrown.code === 'vsphere.invalid-login';

/** A new one each time: an error that is thrown has the stack of the one who threw it. */
function again({ kind, code, message, hint, details }: AppError): AppError {
  return new AppError(kind, [code, message], {
    details,
    hint: `${hint ?? ''}; it was not asked again, so that the account is not locked: wait a minute after you changed it there`,
  });
}
