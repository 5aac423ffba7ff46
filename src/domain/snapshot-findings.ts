import { z } from 'zod';
import { spaceLevelOf, type SpaceLevels } from './snapshot-space.ts';

/**
 * What a sweep makes of the snapshots that the VMA found: which of them go, and what a person is told. Documents are in
 * the words of the wire: they are stored, and shown as they are. Pure.
 */

/** removing: asked for, or under way. The others say why it stays. */
export const SnapshotState = z.enum(['removing', 'removal-failed', 'session-open', 'job-active', 'job-unknown']);
export type SnapshotState = z.output<typeof SnapshotState>;

export const SnapshotFinding = z.object({
  vm: z.string(),
  vm_ref: z.string(),
  instance_uuid: z.string().nullable(),
  snapshot_ref: z.string(),
  name: z.string(),
  job_id: z.string(),
  created_at: z.string(),
  state: SnapshotState,
  /** Why the last removal failed. */
  error: z.object({ code: z.string(), text: z.string() }).nullable(),
});
export type SnapshotFinding = z.output<typeof SnapshotFinding>;

export const SnapshotAlarm = z.object({
  code: z.enum(['snapshot.old', 'snapshot.removal-failed', 'snapshot.space', 'snapshot.consolidation-needed']),
  /** warn: look at it today. critical: VMs may soon stand still. */
  level: z.enum(['warn', 'critical']),
  /** VM or datastore that it is about. */
  about: z.string(),
  text: z.string(),
  next_step: z.string(),
});
export type SnapshotAlarm = z.output<typeof SnapshotAlarm>;

export const SnapshotFindings = z.object({
  vcenter_uuid: z.string(),
  snapshots: z.array(SnapshotFinding),
  /** Of people, other programs and other installations. */
  others: z.object({ count: z.int(), oldest_created_at: z.string().nullable() }),
  alarms: z.array(SnapshotAlarm),
});
export type SnapshotFindings = z.output<typeof SnapshotFindings>;

/** What is known of a snapshot of ours. */
export interface SnapshotFacts {
  /** Undefined: the ledger does not know the job. */
  readonly jobStatus: string | undefined;
  readonly isHeld: boolean;
  readonly removal: 'removing' | 'failed' | undefined;
}

const TERMINAL: readonly string[] = ['completed', 'failed', 'cancelled'];

/**
 * Only what a job left that has ended goes. A job that the ledger does not know may belong to a ledger that was lost, or
 * to another appliance that was given the same name: a person decides.
 */
export function judgeSnapshot(facts: SnapshotFacts): { readonly isToGo: boolean; readonly state: SnapshotState } {
  if (facts.jobStatus === undefined) return { isToGo: false, state: 'job-unknown' };
  if (!TERMINAL.includes(facts.jobStatus)) return { isToGo: false, state: 'job-active' };
  if (facts.isHeld) return { isToGo: false, state: 'session-open' };
  return { isToGo: facts.removal !== 'removing', state: 'removing' };
}

export interface AlarmLimits {
  /** A snapshot of ours that is older is one too old. */
  readonly alarmHours: number;
  readonly levels: SpaceLevels;
}

export interface AlarmFacts {
  readonly snapshots: readonly SnapshotFinding[];
  readonly consolidationNeeded: readonly { readonly vm: string }[];
  /** Those that hold a disk of a VM with a snapshot of ours. */
  readonly datastores: readonly {
    readonly name: string;
    readonly capacity_bytes: number;
    readonly free_bytes: number;
    readonly is_accessible: boolean;
  }[];
}

/** The worst first. `nowMs`: epoch milliseconds. */
export function snapshotAlarms(facts: AlarmFacts, limits: AlarmLimits, nowMs: number): SnapshotAlarm[] {
  const alarms = [
    ...facts.datastores.flatMap((datastore) => spaceAlarm(datastore, limits.levels) ?? []),
    ...facts.snapshots.flatMap((snapshot) => snapshotAlarm(snapshot, limits, nowMs) ?? []),
    ...facts.consolidationNeeded.map(({ vm }) => consolidationAlarm(vm)),
  ];
  return [
    ...alarms.filter((alarm) => alarm.level === 'critical'),
    ...alarms.filter((alarm) => alarm.level !== 'critical'),
  ];
}

function spaceAlarm(datastore: AlarmFacts['datastores'][number], levels: SpaceLevels): SnapshotAlarm | undefined {
  const { name, capacity_bytes: capacityBytes, free_bytes: freeBytes, is_accessible: isAccessible } = datastore;
  const level = spaceLevelOf({ capacityBytes, freeBytes, isAccessible }, levels);
  if (level === 'unknown' || level === 'enough') return undefined;
  const percent = ((freeBytes / capacityBytes) * 100).toFixed(1);
  const effect = {
    warn: 'snapshots are still made',
    stop: 'no snapshot is made there any more',
    remove: 'snapshots of ours there are removed, and their jobs begin anew when there is room',
  }[level];
  return {
    code: 'snapshot.space',
    level: level === 'warn' ? 'warn' : 'critical',
    about: name,
    text: `datastore ${name} has ${percent} % free; ${effect}`,
    next_step: 'free space on the datastore, or move VMs away from it',
  };
}

const HOUR_MS = 3_600_000;

function snapshotAlarm(snapshot: SnapshotFinding, limits: AlarmLimits, nowMs: number): SnapshotAlarm | undefined {
  const about = snapshot.vm;
  if (snapshot.state === 'removal-failed') {
    const why = snapshot.error === null ? '' : `: ${snapshot.error.text} (${snapshot.error.code})`;
    return {
      code: 'snapshot.removal-failed',
      level: 'warn',
      about,
      text: `snapshot ${snapshot.name} of ${about} could not be removed${why}`,
      next_step: nextStep(snapshot.state),
    };
  }
  const hours = (nowMs - Date.parse(snapshot.created_at)) / HOUR_MS;
  if (!(hours >= limits.alarmHours)) return undefined;
  return {
    code: 'snapshot.old',
    level: 'warn',
    about,
    text: `snapshot ${snapshot.name} of ${about} is ${Math.floor(hours)} hours old`,
    next_step: nextStep(snapshot.state),
  };
}

const consolidationAlarm = (vm: string): SnapshotAlarm => ({
  code: 'snapshot.consolidation-needed',
  level: 'warn',
  about: vm,
  text: `vcenter says that the disks of ${vm} need consolidation`,
  next_step: 'consolidate them in vcenter: Snapshots, Consolidate; what is not written back goes on growing',
});

/** What a person does about a snapshot in this state. */
export function nextStep(state: SnapshotState): string {
  switch (state) {
    case 'removing':
      return 'nothing: it is being removed; large ones take hours, the recent tasks of the VM say how far it is';
    case 'removal-failed':
      return 'look at the recent tasks and events of the VM; the next sweep tries again';
    case 'session-open':
      return 'nothing: it goes when the VMA ends the session of the job, which it does by itself';
    case 'job-active':
      return 'nothing while the job makes progress; else look at the job, or cancel it';
    case 'job-unknown':
      return 'find out whose job it is; when nobody needs it, remove the snapshot in vcenter';
  }
}
