import type { AsyncCommand, Command, CommandContext } from './command.ts';
import { COMMANDS } from './command-table.ts';
import type { Faults, JobFault } from './faults.ts';
import { Refusal } from './refusal.ts';
import type { JobRow, World } from './world.ts';

/** Async jobs in their time: accepted by a call, worked off later, and failed by a restart as CloudStack fails them. */

export interface JobSettings {
  /** How long an async job takes. */
  readonly jobDelayMs: number;
  /** What becomes of jobs that were in progress when the process died: CloudStack fails them. */
  readonly jobsAfterRestart: 'fail' | 'resume';
  /** job.expire.minutes: finished jobs are forgotten after that. */
  readonly jobExpireMs: number;
}

export interface JobParts {
  readonly world: World;
  readonly faults: Faults;
  readonly settings: JobSettings;
  /** Writes the world down. */
  readonly save: () => void;
  readonly contextOf: (job: JobRow) => CommandContext;
}

/** What a management server writes into its unfinished jobs when it starts again. Source: AsyncJobManagerImpl. */
const CANCELLED_BY_RESTART = 'job cancelled because of management server restart or shutdown';

interface Work {
  readonly command: AsyncCommand;
  readonly fault: JobFault | undefined;
}

export class Jobs {
  readonly #parts: JobParts;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #working = new Set<Promise<void>>();
  /** Jobs that end when they are released. */
  readonly #held: { readonly job: JobRow; readonly work: Work }[] = [];
  #isClosed = false;

  constructor(parts: JobParts) {
    this.#parts = parts;
  }

  /** The row is saved already. */
  start(job: JobRow, command: AsyncCommand): void {
    const fault = this.#parts.faults.takeForJob(job.command);
    const delayMs = fault?.kind === 'job-delay' ? fault.ms : this.#parts.settings.jobDelayMs;
    const stages = command.stages ?? [];
    for (const [index, stage] of stages.entries()) {
      const enter = (): void => this.#enter(job, { command, stage });
      if (index === 0) enter();
      else if (!isWaiting(fault)) this.#after((delayMs * index) / stages.length, enter);
    }
    const work = (): void => this.#work(job, { command, fault });
    if (fault?.kind === 'job-held') this.#held.push({ job, work: { command, fault } });
    else if (fault?.kind === 'job-stuck') this.#parts.faults.note(job.command, fault);
    else this.#after(delayMs, work);
  }

  /** How many jobs wait for `release`. */
  get heldCount(): number {
    return this.#held.length;
  }

  /** Lets the jobs that a fault holds do their work, or fails them as a restart of the server does. */
  release(end: 'work' | 'failure'): void {
    for (const { job, work } of this.#held.splice(0)) {
      if (end === 'work') this.#work(job, work);
      else this.#fail(job, { command: work.command, thrown: new Refusal(530, CANCELLED_BY_RESTART) });
    }
    this.#parts.save();
  }

  #work(job: JobRow, work: Work): void {
    const working = this.#perform(job, work);
    this.#working.add(working);
    void working.finally(() => this.#working.delete(working));
  }

  /** What the last process left unfinished. */
  endUnfinished(): void {
    const { world, settings } = this.#parts;
    for (const job of world.jobs.filter((row) => row.status === 0)) {
      const command = COMMANDS.get(job.command);
      if (command?.kind === 'async' && settings.jobsAfterRestart === 'resume') this.start(job, command);
      else this.#fail(job, { command, thrown: new Refusal(530, CANCELLED_BY_RESTART) });
    }
  }

  forgetOld(): void {
    const { world, settings } = this.#parts;
    const oldestMs = Date.now() - settings.jobExpireMs;
    world.jobs = world.jobs.filter((job) => job.completedAt === null || Date.parse(job.completedAt) >= oldestMs);
  }

  /** Stops where it is, as a crash would: jobs in progress meet their fate at the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#held.length = 0;
    await Promise.all(this.#working);
  }

  #after(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }

  #enter(
    job: JobRow,
    { command, stage }: { command: AsyncCommand; stage: NonNullable<AsyncCommand['stages']>[number] },
  ): void {
    if (job.status !== 0) return;
    try {
      stage(this.#parts.contextOf(job), job.instanceId);
    } catch (thrown) {
      this.#fail(job, { command, thrown });
    }
    this.#parts.save();
  }

  async #perform(job: JobRow, { command, fault }: Work): Promise<void> {
    if (job.status !== 0) return;
    let afterSave: (() => void) | undefined;
    try {
      if (fault?.kind === 'job-error') throw new Refusal(fault.errorCode, fault.errorText);
      const pending = command.perform(this.#parts.contextOf(job), job.instanceId);
      // Only what takes its time lets others in before the change is on the disk.
      const effect = pending instanceof Promise ? await pending : pending;
      afterSave = effect.afterSave;
      if (fault?.kind === 'job-error-after-effect') {
        finish(job, failureOf(new Refusal(fault.errorCode, fault.errorText)));
      } else {
        finish(job, { status: 1, resultCode: 0, result: effect.result });
      }
    } catch (thrown) {
      if (this.#isClosed) return;
      this.#fail(job, { command, thrown });
    }
    if (this.#isClosed) return;
    if (fault?.kind === 'job-forgotten') this.#forget(job);
    this.#parts.save();
    afterSave?.();
    this.#parts.faults.note(job.command, fault);
  }

  #fail(job: JobRow, { command, thrown }: { command: Command | undefined; thrown: unknown }): void {
    finish(job, failureOf(thrown));
    if (command?.kind !== 'async' || this.#isAtWork(job)) return;
    command.undo?.(this.#parts.contextOf(job), job.instanceId);
  }

  /** Another job of the same kind has the object: what is to be seen of it is its doing. */
  #isAtWork({ command, instanceId }: JobRow): boolean {
    return this.#parts.world.jobs.some(
      (row) => row.status === 0 && row.command === command && row.instanceId === instanceId,
    );
  }

  #forget(job: JobRow): void {
    const { world } = this.#parts;
    world.jobs = world.jobs.filter((row) => row !== job);
  }
}

const isWaiting = (fault: JobFault | undefined): boolean => fault?.kind === 'job-stuck' || fault?.kind === 'job-held';

type Ending = Pick<JobRow, 'status' | 'resultCode' | 'result'>;

/** As it is in the answer of a call: a failed job holds the same error object. */
function failureOf(thrown: unknown): Ending {
  const refusal = thrown instanceof Refusal ? thrown : new Refusal(530, String(thrown));
  const { errorCode, message } = refusal;
  return { status: 2, resultCode: errorCode, result: { errorcode: errorCode, errortext: message } };
}

function finish(job: JobRow, ending: Ending): void {
  Object.assign(job, ending, { completedAt: new Date().toISOString() });
}
