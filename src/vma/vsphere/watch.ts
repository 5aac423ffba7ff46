import { systemClock } from '../../base/clock.ts';
import { type AppError, conflict } from '../../base/errors.ts';
import { formatBytes, HOUR } from '../../base/units.ts';
import { type SpaceLevels, spaceLevelOf } from '../../domain/snapshot-space.ts';
import { readDatastores } from '../../vsphere/datastores.ts';
import type { VsphereSession } from '../../vsphere/session.ts';
import type { SessionAlarm } from '../contract.ts';
import type { VsphereRecord } from '../session/record.ts';
import type { Watched } from '../session/source-kind.ts';

/** A snapshot that is older than this has grown large, and will take long to go. */
const OLD_MS = 24 * HOUR;

/** What the snapshot of a session does to the datastores of its VM. */
export async function watchSession(
  session: VsphereSession,
  record: VsphereRecord,
  levels: SpaceLevels,
): Promise<Watched> {
  const alarms: SessionAlarm[] = [];
  const ageMs = systemClock.now() - Date.parse(record.created_at);
  if (ageMs > OLD_MS) {
    alarms.push({ code: 'snapshot.old', text: `the snapshot is ${Math.floor(ageMs / HOUR)} hours old` });
  }
  for (const datastore of await readDatastores(session, record.datastores)) {
    const level = spaceLevelOf(datastore, levels);
    if (level === 'enough' || level === 'unknown') continue;
    const text = `datastore ${datastore.name} has only ${formatBytes(datastore.freeBytes)} free`;
    if (level === 'remove') return { alarms, end: endedForSpace(record, text) };
    alarms.push({ code: 'snapshot.space', text });
  }
  return { alarms };
}

const endedForSpace = (record: VsphereRecord, reason: string): AppError =>
  conflict('session.ended-for-space', `the snapshot of job ${record.job_id} was removed: ${reason}`, {
    details: { session_id: record.session_id, job_id: record.job_id },
    hint: 'free space on the datastore, then replicate the VM again',
  });
