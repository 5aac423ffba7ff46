import { link, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { conflict, toAppError } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';
import { SECOND } from '../../base/units.ts';
import type { CreateSession, SourceSession } from '../contract.ts';
import { errnoOf } from '../durable-files.ts';
import { diskLineage } from '../index/lineage.ts';
import { exportImage, type ImageExport } from './image-export.ts';
import type { DiskRecord, SessionRecord, SessionStore } from './record.ts';

/** A whole session as it lives: its record, its exports and the moment when it expires. */
export interface LiveSession {
  record: SessionRecord;
  readonly exports: readonly ImageExport[];
  /** On the monotonic clock. */
  expiresAtMs: number;
  /** Set while it is being ended. */
  ending: Promise<void> | undefined;
  /** Writes of the record, one after another. */
  writes: Promise<void>;
}

export const EXPORT_READY_MS = 30 * SECOND;

/** Starts the exports; they come up in the background. */
export function startSession(store: SessionStore, record: SessionRecord, ttlMs: number): LiveSession {
  const folder = store.folderOf(record.session_id);
  const exports = record.disks.map((disk) =>
    exportImage({
      imagePath: join(folder, disk.image_file),
      exportName: disk.export_name,
      capacityBytes: disk.capacity_bytes,
      at: placeOf(disk),
    }),
  );
  return {
    record,
    exports,
    expiresAtMs: systemClock.monotonic() + ttlMs,
    ending: undefined,
    writes: Promise.resolve(),
  };
}

function placeOf(disk: DiskRecord): { socket: string } | { port: number } {
  if (disk.port !== null) return { port: disk.port };
  return { socket: disk.socket ?? '' };
}

export async function untilServed(live: LiveSession): Promise<void> {
  await Promise.all(live.exports.map((one) => one.ready(EXPORT_READY_MS)));
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

/**
 * Makes each disk answer for the changeId that is asked now: mode, reason and the base index beside the frozen disk
 * (a hard link, so that it stays whatever happens to the lineage). `folder` holds the disks' index files.
 */
export async function withBases(
  place: { indexes: string; folder: string; vmUuid: string },
  disks: readonly DiskRecord[],
  asked: CreateSession['disks'],
): Promise<DiskRecord[]> {
  const result: DiskRecord[] = [];
  for (const disk of disks) {
    const changeId = asked.find((one) => one.disk_id === disk.disk_id)?.change_id ?? null;
    result.push(await withBase(place, disk, changeId));
  }
  return result;
}

async function withBase(
  place: { indexes: string; folder: string; vmUuid: string },
  disk: DiskRecord,
  changeId: string | null,
): Promise<DiskRecord> {
  const full = { ...disk, asked_change_id: changeId, mode: 'full' as const, base_file: null };
  if (changeId === null) return { ...full, full_reason: null };
  if (changeId === disk.change_id) {
    // The job committed this very session and lost the answer: nothing has changed since.
    return { ...full, mode: 'incremental', full_reason: null, base_file: disk.index_file };
  }
  const lineage = diskLineage(place.indexes, { vm_uuid: place.vmUuid, disk_id: disk.disk_id });
  const base = await lineage.findBase(changeId, disk.capacity_bytes);
  if ('reason' in base) return { ...full, full_reason: base.reason };
  const name = `${disk.index_file}.base-${changeId.slice(changeId.lastIndexOf('/') + 1)}`;
  try {
    await link(base.path, join(place.folder, name));
  } catch (thrown) {
    if (errnoOf(thrown) !== 'EEXIST') throw thrown;
  }
  return { ...full, mode: 'incremental', full_reason: null, base_file: name };
}

/**
 * What remains of a session's indexes. committed: they answer for the OMA from now on, and older ones go. discarded:
 * nothing but the places in older ones where it may have been written to the target. unknown: that, and kept in case
 * the OMA committed them and could not say so.
 */
export async function settleIndexes(
  place: { indexes: string; folder: string },
  record: SessionRecord,
  outcome: 'committed' | 'discarded' | 'unknown',
): Promise<void> {
  const lineages = record.disks.map((disk) => ({
    disk,
    lineage: diskLineage(place.indexes, { vm_uuid: record.vm_uuid, disk_id: disk.disk_id }),
  }));
  if (outcome !== 'committed') {
    for (const { disk, lineage } of lineages) await lineage.taint(join(place.folder, disk.index_file), disk.change_id);
  }
  if (outcome === 'discarded') return;
  // All are kept before any older one goes.
  for (const { disk, lineage } of lineages) await lineage.keep(join(place.folder, disk.index_file), disk.change_id);
  for (const { disk, lineage } of lineages) {
    if (outcome === 'committed') await lineage.acknowledge(disk.change_id);
    else await lineage.prune();
  }
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

export const removeQuietly = (path: string): Promise<void> =>
  quietly('file not removed', rm(path, { recursive: true, force: true }));
