import { pino, type Logger } from 'pino';

/**
 * One logger a subsystem, made here and nowhere else. JSON lines on stderr: stdout belongs to answers.
 * A message is a fixed lower-case phrase; facts are fields with units in their names. A line about a job carries its
 * `jobId`; from level info on it also goes to log_events, where the process has a database (db/log-sink.ts).
 */

/** For lines about something that its own transaction has written to log_events: they stay in the log of the process. */
export const RECORDED = { recorded: true } as const;

/** Takes a finished line, secrets already blanked: JSON text. Must be quick and must not throw. */
export type JobLineTap = (line: string) => void;

const INFO = pino.levels.values['info'] ?? 30;
let tap: JobLineTap | undefined;
let stderrLevel = INFO;

const stderr = pino.destination({ fd: 2, sync: true });
/** pino sets `lastLevel` before each line on a stream that says so. */
const lines = {
  [pino.symbols.needsMetadataGsym]: true,
  lastLevel: 0,
  write(line: string): void {
    if (this.lastLevel >= stderrLevel) stderr.write(line);
    if (tap !== undefined && this.lastLevel >= INFO && isForJob(line)) tap(line);
  },
};

const isForJob = (line: string): boolean => line.includes('"jobId":"') && !line.includes('"recorded":true');

const root = pino(
  {
    level: 'info',
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: ['password', '*.password', 'token', '*.token', 'secret_key', '*.secret_key', 'api_key', '*.api_key'],
      censor: '[secret]',
    },
  },
  lines,
);

const subsystem = (name: string): Logger => root.child({ subsystem: name });

export const apiLog: Logger = subsystem('api');
export const httpLog: Logger = subsystem('http');
export const queueLog: Logger = subsystem('queue');
export const workerLog: Logger = subsystem('worker');
export const dbLog: Logger = subsystem('db');
export const volumeLog: Logger = subsystem('volumes');
export const vmaLog: Logger = subsystem('vma');
const cloudstackLog: Logger = subsystem('cloudstack');
const transferLog: Logger = subsystem('transfer');
export const labLog: Logger = subsystem('lab');

const all = [apiLog, httpLog, queueLog, workerLog, dbLog, volumeLog, vmaLog, cloudstackLog, transferLog, labLog];

/** Sets the level of every logger of this process: fatal, error, warn, info, debug, trace or silent. */
export function setLogLevel(level: string): void {
  stderrLevel = level === 'silent' ? Number.POSITIVE_INFINITY : (pino.levels.values[level] ?? INFO);
  applyLevel();
}

/** Sends every line about a job to `to` as well, whatever the level of the process; undefined ends that. */
export function tapJobLines(to: JobLineTap | undefined): void {
  tap = to;
  applyLevel();
}

function applyLevel(): void {
  const least = tap === undefined ? stderrLevel : Math.min(stderrLevel, INFO);
  const level = Number.isFinite(least) ? (pino.levels.labels[least] ?? 'info') : 'silent';
  root.level = level;
  for (const logger of all) logger.level = level;
}

export type { Logger };
