import { GiB, MiB } from '../base/units.ts';
import {
  DISKS_MAX,
  type DiskUpdate,
  type Progress,
  type ProgressStatus,
  type ProgressUpdate,
} from './progress-contract.ts';

/** The progress of one job: how an update changes it and how it is shown. Pure; the caller passes the time. */

interface Measure {
  bytes: number;
  total: number;
  percent: number;
  rateBps: number;
}

interface DiskMeasure extends Measure {
  status: ProgressStatus;
}

interface Phase {
  readonly name: string;
  readonly startMs: number;
  endMs: number | undefined;
}

export interface ProgressEntry {
  readonly jobId: string;
  status: ProgressStatus;
  syncType: 'full' | 'incremental' | undefined;
  readonly startMs: number;
  updatedMs: number;
  peakBps: number;
  /** Numbers of the whole job, when they were reported as such. */
  whole: Measure | undefined;
  /** As the mover reported it with those numbers. */
  etaSeconds: number | undefined;
  readonly disks: Map<string, DiskMeasure>;
  readonly phases: Phase[];
  readonly errors: string[];
}

/** The VM of a job, when its session is known. */
export interface ProgressVm {
  readonly name: string;
  /** Inventory path, or the name of its folder. */
  readonly path: string;
  /** vSphere, or the hashes of a folder, tell what changed on all of its disks. */
  readonly isTracked: boolean;
  readonly sizeBytes: number;
}

const RANK: Record<ProgressStatus, number> = { queued: 0, running: 1, completed: 2, failed: 2 };
const PHASES_MAX = 50;
const ERRORS_MAX = 20;
const ETA_SECONDS_MAX = 86_400;

export const isTerminal = (status: ProgressStatus): boolean => RANK[status] === 2;

export function newEntry(jobId: string, nowMs: number): ProgressEntry {
  return {
    jobId,
    status: 'queued',
    syncType: undefined,
    startMs: nowMs,
    updatedMs: nowMs,
    peakBps: 0,
    whole: undefined,
    etaSeconds: undefined,
    disks: new Map(),
    phases: [],
    errors: [],
  };
}

/** A finished job stays as it ended, whatever arrives late. */
export function applyUpdate(entry: ProgressEntry, update: ProgressUpdate, nowMs: number): void {
  if (isTerminal(entry.status)) return;
  entry.updatedMs = nowMs;
  entry.syncType = update.sync_type ?? entry.syncType;
  if (update.stage !== undefined) enterPhase(entry, update.stage, nowMs);
  if (update.error_message !== undefined) addError(entry, update.error_message);
  const { disk_id: diskId, disks = [] } = update;
  for (const disk of disks) applyToDisk(entry, disk);
  if (diskId === undefined) applyToJob(entry, update);
  else applyToDisk(entry, { ...update, disk_id: diskId });
  entry.peakBps = Math.max(entry.peakBps, wholeOf(entry).rateBps);
  if (!isTerminal(entry.status)) return;
  for (const phase of entry.phases) phase.endMs ??= nowMs;
}

function applyToJob(entry: ProgressEntry, update: ProgressUpdate): void {
  const numbers = hasNumbers(update);
  if (numbers) {
    entry.whole = measured(entry.whole, update);
    entry.etaSeconds = update.eta_seconds;
  }
  entry.status = forward(entry.status, update.status ?? (numbers ? 'running' : entry.status));
}

/** One disk that is done says nothing of the others: only the job's own updates end the job. */
function applyToDisk(entry: ProgressEntry, { disk_id: diskId, ...update }: DiskUpdate): void {
  const disk = entry.disks.get(diskId);
  if (disk === undefined && entry.disks.size >= DISKS_MAX) return;
  if (disk !== undefined && isTerminal(disk.status)) return;
  const status = forward(disk?.status ?? 'queued', update.status ?? 'running');
  entry.disks.set(diskId, { ...measured(disk, update), status });
  if (status !== 'queued') entry.status = forward(entry.status, 'running');
}

function addError(entry: ProgressEntry, message: string): void {
  entry.errors.push(message);
  if (entry.errors.length > ERRORS_MAX) entry.errors.shift();
}

const forward = (from: ProgressStatus, to: ProgressStatus): ProgressStatus => (RANK[to] > RANK[from] ? to : from);

const hasNumbers = (update: ProgressUpdate): boolean =>
  [update.bytes_transferred, update.total_bytes, update.throughput_bps, update.percent].some((n) => n !== undefined);

function enterPhase(entry: ProgressEntry, name: string, nowMs: number): void {
  const current = entry.phases.at(-1);
  if (current?.name === name) return;
  if (current !== undefined) current.endMs = nowMs;
  entry.phases.push({ name, startMs: nowMs, endMs: undefined });
  if (entry.phases.length > PHASES_MAX) entry.phases.shift();
}

function measured(before: Measure | undefined, update: Omit<DiskUpdate, 'disk_id'>): Measure {
  const bytes = update.bytes_transferred ?? before?.bytes ?? 0;
  const total = update.total_bytes ?? before?.total ?? 0;
  const ofBytes = total > 0 ? Math.min(100, (bytes / total) * 100) : (before?.percent ?? 0);
  // Who moves the bytes knows what else there is to do: zeros, and what an earlier attempt had done.
  const percent = update.percent ?? ofBytes;
  return { bytes, total, percent, rateBps: update.throughput_bps ?? before?.rateBps ?? 0 };
}

function wholeOf(entry: ProgressEntry): Measure {
  if (entry.whole !== undefined) return entry.whole;
  const disks = [...entry.disks.values()];
  const sum = (pick: (disk: Measure) => number): number => disks.reduce((total, disk) => total + pick(disk), 0);
  const [bytes, total] = [sum((disk) => disk.bytes), sum((disk) => disk.total)];
  const mean = disks.length === 0 ? 0 : sum((disk) => disk.percent) / disks.length;
  const moving = disks.filter((disk) => disk.status === 'running');
  return {
    bytes,
    total,
    percent: total > 0 ? Math.min(100, (bytes / total) * 100) : mean,
    rateBps: moving.reduce((rate, disk) => rate + disk.rateBps, 0),
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();
const mib = (bytesPerS: number): number => Math.round((bytesPerS / MiB) * 100) / 100;
const percentOf = (value: number): number => Math.round(value * 100) / 100;

/** The entry in the shape of the seed's GET /progress/{jobId}. */
export function presentEntry(entry: ProgressEntry, vm: ProgressVm | undefined, nowMs: number): Progress {
  const whole = wholeOf(entry);
  const ended = isTerminal(entry.status);
  const endMs = ended ? entry.updatedMs : nowMs;
  const elapsedMs = Math.max(0, endMs - entry.startMs);
  const averageBps = elapsedMs > 0 ? whole.bytes / (elapsedMs / 1000) : 0;
  const phase = entry.phases.at(-1) ?? { name: '', startMs: entry.startMs };
  return {
    job_id: entry.jobId,
    status: entry.status,
    sync_type: entry.syncType ?? null,
    phase: phase.name,
    percentage: percentOf(entry.status === 'completed' ? 100 : whole.percent),
    current_operation: phase.name,
    bytes_transferred: whole.bytes,
    total_bytes: whole.total,
    throughput: {
      current_mbps: ended ? 0 : mib(whole.rateBps),
      average_mbps: mib(averageBps),
      peak_mbps: mib(entry.peakBps),
      last_update: iso(entry.updatedMs),
    },
    timing: {
      start_time: iso(entry.startMs),
      last_update: iso(entry.updatedMs),
      elapsed_ms: Math.round(elapsedMs),
      eta_seconds: ended ? 0 : Math.min(entry.etaSeconds ?? etaSeconds(whole, averageBps), ETA_SECONDS_MAX),
      phase_start: iso(phase.startMs),
      phase_elapsed_ms: Math.round(Math.max(0, endMs - phase.startMs)),
    },
    vm_info: presentVm(vm),
    phases: entry.phases.map(presentPhase),
    errors: [...entry.errors],
    last_error: entry.errors.at(-1) ?? null,
    disk_progresses: [...entry.disks].map(([diskId, disk]) => presentDisk(diskId, disk)),
  };
}

function etaSeconds(whole: Measure, averageBps: number): number {
  if (averageBps === 0) return 0;
  return Math.round(Math.max(0, (whole.total - whole.bytes) / averageBps));
}

const NO_VM: ProgressVm = { name: '', path: '', isTracked: false, sizeBytes: 0 };

function presentVm(vm: ProgressVm | undefined): Progress['vm_info'] {
  const { name, path, isTracked, sizeBytes } = vm ?? NO_VM;
  return {
    name,
    path,
    disk_size_gb: Math.round((sizeBytes / GiB) * 100) / 100,
    disk_size_bytes: sizeBytes,
    cbt_enabled: isTracked,
  };
}

function presentPhase({ name, startMs, endMs }: Phase): Progress['phases'][number] {
  const end = endMs === undefined ? null : iso(endMs);
  return { name, status: end === null ? 'running' : 'completed', start: iso(startMs), end };
}

function presentDisk(diskId: string, disk: DiskMeasure): Progress['disk_progresses'][number] {
  return {
    disk_id: diskId,
    label: diskId,
    bytes: disk.bytes,
    total: disk.total,
    percent: percentOf(disk.percent),
    throughput_mbps: mib(disk.rateBps),
    status: disk.status,
  };
}
