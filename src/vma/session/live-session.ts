import { sleep, systemClock } from '../../base/clock.ts';
import { conflict, toAppError } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';
import { SECOND } from '../../base/units.ts';
import type { CreateSession, SessionAlarm, SourceSession } from '../contract.ts';
import { type DiskExport, exportDisk, type ExportSpec } from './disk-export.ts';
import type { SessionRecord, SessionStore } from './record.ts';

/** A whole session as it lives: its record, its exports and the moment when it expires. */
export interface LiveSession {
  record: SessionRecord;
  readonly exports: readonly DiskExport[];
  /** On the monotonic clock. */
  expiresAtMs: number;
  /** Set while it is being ended. */
  ending: Promise<boolean> | undefined;
  /** Writes of the record, one after another. */
  writes: Promise<void>;
  alarms: readonly SessionAlarm[];
}

/** Starts the exports; they come up in the background. */
export function startSession(record: SessionRecord, specs: readonly ExportSpec[], ttlMs: number): LiveSession {
  return {
    record,
    exports: specs.map(exportDisk),
    expiresAtMs: systemClock.monotonic() + ttlMs,
    ending: undefined,
    writes: Promise.resolve(),
    alarms: [],
  };
}

/** How often it is looked whether there still is something to serve. */
const LOOK_MS = 2 * SECOND;

/**
 * Waits until every disk is served. A server whose snapshot is gone answers nobody and need not die of it, so that is
 * looked for meanwhile: a job that waits for it has its VM in vain.
 * @throws what `requireThere` throws as `session.snapshot-gone`; upstream `source.export-failed`
 */
export async function untilServed(live: LiveSession, requireThere: () => Promise<void>): Promise<void> {
  const ended = new AbortController();
  try {
    await Promise.race([Promise.all(live.exports.map((one) => one.ready())), untilGone(requireThere, ended.signal)]);
  } catch (thrown) {
    await throwIfGone(requireThere);
    throw thrown;
  } finally {
    ended.abort();
  }
}

async function untilGone(requireThere: () => Promise<void>, signal: AbortSignal): Promise<never> {
  for (;;) {
    await sleep(LOOK_MS, signal);
    await throwIfGone(requireThere);
  }
}

/** A source that does not answer now says nothing of what it has. */
async function throwIfGone(requireThere: () => Promise<void>): Promise<void> {
  await requireThere().catch((thrown: unknown) => {
    if (toAppError(thrown).code === 'session.snapshot-gone') throw thrown;
  });
}

export async function stopExports(live: LiveSession): Promise<void> {
  await Promise.all(live.exports.map((one) => one.stop()));
}

/** Stores the record after those that were stored before it. */
export function saveRecord(store: SessionStore, live: LiveSession): Promise<void> {
  const written = live.writes.then(() => store.save(live.record));
  live.writes = written.catch(() => undefined);
  return written;
}

/** @throws conflict `session.stale-epoch` */
export function requireEpoch(held: { job_id: string; epoch: number }, epoch: number): void {
  if (epoch >= held.epoch) return;
  throw conflict('session.stale-epoch', `job ${held.job_id} already runs in epoch ${held.epoch}`, {
    details: { job_id: held.job_id, epoch: held.epoch, given: epoch },
    hint: 'another worker has taken over this job; this one must stop',
  });
}

/** @throws conflict `session.different-request` when the job asks for another VM or other disks than it has. */
export function requireSameRequest(
  held: { job_id: string; kind: string; vm: string; disks: readonly { disk_id: string }[] },
  request: CreateSession,
): void {
  const ids = (disks: readonly { disk_id: string }[]): string =>
    disks
      .map((disk) => disk.disk_id)
      .toSorted()
      .join('/');
  if (held.kind === request.kind && held.vm === request.vm && ids(held.disks) === ids(request.disks)) return;
  throw conflict('session.different-request', `job ${held.job_id} has a session for another VM or other disks`, {
    details: { job_id: held.job_id },
    hint: 'end that session first',
  });
}

export function toWire(live: LiveSession): SourceSession {
  const { record } = live;
  const leftMs = live.expiresAtMs - systemClock.monotonic();
  return {
    session_id: record.session_id,
    job_id: record.job_id,
    epoch: record.epoch,
    kind: record.kind,
    vm: record.vm,
    snapshot: record.snapshot,
    created_at: record.created_at,
    expires_at: new Date(systemClock.now() + leftMs).toISOString(),
    disks: record.disks.map((disk) => ({
      disk_id: disk.disk_id,
      capacity_bytes: disk.capacity_bytes,
      change_id: disk.change_id,
      mode: disk.mode,
      full_reason: disk.full_reason,
      uris: disk.uris,
      export_name: disk.export_name,
      limits: disk.limits,
      facts: disk.facts,
    })),
    facts: record.facts,
    alarms: [...live.alarms],
  };
}

/** For clean-up that must not hide the error it follows. */
export async function quietly(what: string, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    vmaLog.error({ err: toAppError(thrown) }, what);
  }
}
