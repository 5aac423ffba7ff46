import type { Knex } from 'knex';
import { AppError } from '../base/errors.ts';
import { tapJobLines } from '../base/logger.ts';
import { logLineOf, type LogLine } from './log-line.ts';
import { inTransaction } from './knex.ts';
import { insertLogLines } from './stores/log-event-store.ts';

/**
 * Brings what this process logs about jobs into log_events, in batches and beside the work: a database that is away
 * costs lines, never a job. What the life of a job consists of is written by its own transactions instead.
 */

const LINES_MAX = 1_000;
const AFTER_MS = 200;
const AFTER_FAILURE_MS = 1_000;
const CLOSE_WITHIN_MS = 2_000;

class LineQueue {
  /** Who opened it, oldest first; the first one's database is used. A process has one log, so it has one queue. */
  readonly holders: Knex[] = [];
  #lines: LogLine[] = [];
  /** Lines that had to go, by job. */
  readonly #dropped = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  push(text: string): void {
    const line = logLineOf(text);
    if (line === undefined) return;
    this.#lines.push(line);
    this.#bound();
    this.#wakeIn(AFTER_MS);
  }

  /** Everything that was pushed before is stored, or could not be. Never throws. */
  async flush(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    if (this.#lines.length === 0 && this.#dropped.size === 0) return;
    this.#flushing = this.#write();
    await this.#flushing;
  }

  async #write(): Promise<void> {
    const [db] = this.holders;
    const lines = this.#lines;
    this.#lines = [];
    const byJob = Map.groupBy(lines, (line) => line.jobId);
    for (const jobId of this.#dropped.keys()) if (!byJob.has(jobId)) byJob.set(jobId, []);
    for (const [jobId, group] of byJob) {
      if (db !== undefined && (await this.#store(db, jobId, group))) byJob.delete(jobId);
      else break;
    }
    this.#lines = [...[...byJob.values()].flat(), ...this.#lines];
    this.#bound();
    this.#flushing = undefined;
    if (this.#lines.length > 0) this.#wakeIn(byJob.size > 0 ? AFTER_FAILURE_MS : AFTER_MS);
  }

  /** One transaction per job, so that two of these never wait for each other. @returns false to try again later */
  async #store(db: Knex, jobId: string, lines: readonly LogLine[]): Promise<boolean> {
    const dropped = this.#dropped.get(jobId) ?? 0;
    const all = dropped === 0 ? lines : [droppedLine(jobId, dropped), ...lines];
    try {
      await inTransaction(db, (trx) => insertLogLines(trx, jobId, all));
    } catch (error) {
      // Only a database that is away is worth another try; a commit of unknown outcome might double the lines.
      const isAway = error instanceof AppError && error.kind === 'upstream' && error.code !== 'db.commit-unknown';
      if (isAway) return false;
    }
    this.#dropped.delete(jobId);
    return true;
  }

  /** What is left when nobody holds a database any more is lost. */
  clear(): void {
    this.#lines = [];
    this.#dropped.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #bound(): void {
    const tooMany = this.#lines.length - LINES_MAX;
    if (tooMany <= 0) return;
    for (const { jobId } of this.#lines.splice(0, tooMany)) {
      this.#dropped.set(jobId, (this.#dropped.get(jobId) ?? 0) + 1);
    }
  }

  #wakeIn(ms: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.flush();
    }, ms);
    // Whoever ends the process closes the sink first.
    this.#timer.unref();
  }
}

function droppedLine(jobId: string, dropped: number): LogLine {
  const attrs = JSON.stringify({ dropped });
  return { jobId, level: 'WARN', message: 'log lines dropped', attrs, ts: new Date() };
}

const queue = new LineQueue();

export interface LogSink {
  /** Stores what there is, for two seconds at most. Before the database is closed. */
  close(): Promise<void>;
}

/** From now on lines about jobs go to this database too. Close it. */
export function openLogSink(db: Knex): LogSink {
  queue.holders.push(db);
  tapJobLines((line) => queue.push(line));
  let isOpen = true;
  return {
    async close() {
      if (!isOpen) return;
      isOpen = false;
      await flushLogLines(CLOSE_WITHIN_MS);
      queue.holders.splice(queue.holders.indexOf(db), 1);
      if (queue.holders.length > 0) return;
      tapJobLines(undefined);
      queue.clear();
    },
  };
}

/** Stores what was logged so far, so that it comes before what the caller is about to store. Never throws. */
export async function flushLogLines(withinMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)));
  await Promise.race([queue.flush(), late]);
  clearTimeout(timer);
}
