import type { AppError } from '../../base/errors.ts';
import type { AreaPage, AreasOf, CreateSession, SessionAlarm, SnapshotRemoval } from '../contract.ts';
import type { ExportSpec } from './disk-export.ts';
import type { SessionRecord } from './record.ts';

/**
 * What a kind of source adds to a session. Jobs, epochs, expiry, records and the supervision of servers are the same for
 * all kinds (sessions.ts); where the disks come from, how one is served and what changed in it is not.
 */
export interface SourceKind<R extends SessionRecord = SessionRecord> {
  /** Sessions of this kind that are made at the same time. */
  readonly preparingAtOnceMax: number;
  /** Whether `vm` of a request names one VM; else only its uuid does, which is known later. */
  readonly isNameUnique: boolean;
  /** Refuses what can be refused at once. */
  check(request: CreateSession): void;
  /**
   * Makes the session: after it only a server is wanting for each disk. When it throws, or the process dies, `release`
   * or the next start clears away what it made outside of its folder.
   */
  prepare(preparing: Preparing): Promise<R>;
  /** At start: whether the session can be served again. What nobody said this of is cleared away by `open`. */
  reclaim(session: Held<R>): Promise<boolean>;
  /** At start, after all sessions were reclaimed. */
  open(): void;
  exportsOf(session: Held<R>): ExportSpec[];
  /** Whether there is still what the session is about. @throws not-found `session.snapshot-gone`, and those of calls */
  requireThere(session: Held<R>): Promise<void>;
  /**
   * The same job asks again, perhaps with other changeIds: the record that answers for them, the same one where nothing
   * is different. @throws not-found `session.snapshot-gone`: the session is of no use any more
   */
  adopt(session: Held<R>, request: CreateSession): Promise<Adopted<R>>;
  areas(session: Held<R>, question: AreaQuestion): Promise<AreaPage>;
  /** Looks after a session that lives. */
  watch(record: R): Promise<Watched>;
  /** Before its folder goes; may be repeated. */
  settle(session: Held<R>, outcome: Outcome): Promise<void>;
  /**
   * Nobody uses it any more, or it was never whole: whatever it holds at the source goes, for as long as that takes, also
   * after a restart. Waits a moment for it: true when all is gone.
   */
  release(sessionId: string, waitMs: number): Promise<boolean>;
  removals(): SnapshotRemoval[];
  close(): Promise<void>;
}

/** A session with its folder. */
export interface Held<R extends SessionRecord = SessionRecord> {
  readonly record: R;
  readonly folder: string;
}

export interface Adopted<R extends SessionRecord = SessionRecord> {
  readonly record: R;
  /** What the servers were started with does not hold any more. */
  readonly mustRestart: boolean;
}

/** committed: the OMA has stored its changeIds. discarded: it has not and will not. unknown: nobody said. */
export type Outcome = 'committed' | 'discarded' | 'unknown';

export interface AreaQuestion {
  readonly diskId: string;
  readonly cursor: string | undefined;
  readonly of: AreasOf | undefined;
}

export interface Watched {
  readonly alarms: readonly SessionAlarm[];
  /** Why the session must end now; undefined when it may go on. */
  readonly end?: AppError | undefined;
}

export interface Preparing {
  readonly sessionId: string;
  readonly request: CreateSession;
  /** Empty folder of the session. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Called once the VM is known, before anything is done to it. May throw: then nothing is. */
  readonly claimVm: (vmUuid: string) => Promise<void>;
}

/** Where a disk is served: exactly one of the two. */
export interface ExportPlace {
  readonly socket: string | null;
  readonly port: number | null;
}

/** The place of the disk with this index. */
export type PlaceFor = (sessionId: string, index: number) => ExportPlace;
