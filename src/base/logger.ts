import { pino, type Logger } from 'pino';

/**
 * One logger a subsystem, made here and nowhere else. JSON lines on stderr: stdout belongs to answers.
 * A message is a fixed lower-case phrase; facts are fields with units in their names.
 */
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
  pino.destination({ fd: 2, sync: true }),
);

const subsystem = (name: string): Logger => root.child({ subsystem: name });

export const apiLog: Logger = subsystem('api');
export const httpLog: Logger = subsystem('http');
export const queueLog: Logger = subsystem('queue');
export const workerLog: Logger = subsystem('worker');
export const dbLog: Logger = subsystem('db');
export const volumeLog: Logger = subsystem('volumes');
export const vmaLog: Logger = subsystem('vma');
export const cloudstackLog: Logger = subsystem('cloudstack');
export const transferLog: Logger = subsystem('transfer');
export const labLog: Logger = subsystem('lab');

const all = [apiLog, httpLog, queueLog, workerLog, dbLog, volumeLog, vmaLog, cloudstackLog, transferLog, labLog];

/** Sets the level of every logger of this process: fatal, error, warn, info, debug, trace or silent. */
export function setLogLevel(level: string): void {
  root.level = level;
  for (const logger of all) logger.level = level;
}

export type { Logger };
