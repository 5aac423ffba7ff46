import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AsyncCommand, CommandContext } from './command.ts';
import { COMMANDS } from './command-table.ts';
import { readIfThere, writeDurable } from './durable-file.ts';
import type { Faults, JobFault } from './faults.ts';
import { makeFirstWorld, type FirstWorldSettings } from './first-world.ts';
import { Refusal } from './refusal.ts';
import { Storage } from './storage.ts';
import { worldSchema, type AccountRow, type JobRow, type World } from './world.ts';

/**
 * The management server without its wire: runs commands on the world, and async jobs in their time. The world is on
 * disk before anybody learns of a change.
 */

export interface CloudSettings extends FirstWorldSettings {
  readonly dir: string;
  /** How long an async job takes. */
  readonly jobDelayMs: number;
  /** How long after an attach the device appears. */
  readonly deviceDelayMs: number;
  /** What becomes of jobs that were in progress when the process died: CloudStack fails them. */
  readonly jobsAfterRestart: 'fail' | 'resume';
  /** job.expire.minutes: finished jobs are forgotten after that. */
  readonly jobExpireMs: number;
}

/** What a management server writes into its unfinished jobs when it starts again. Source: AsyncJobManagerImpl. */
const CANCELLED_BY_RESTART = 'job cancelled because of management server restart or shutdown';

export interface Request {
  readonly command: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly account: AccountRow;
}

export class Cloud {
  readonly world: World;
  readonly storage: Storage;
  readonly #settings: CloudSettings;
  readonly #faults: Faults;
  readonly #path: string;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(settings: CloudSettings, faults: Faults) {
    mkdirSync(settings.dir, { recursive: true, mode: 0o700 });
    this.#settings = settings;
    this.#faults = faults;
    this.#path = join(settings.dir, 'world.json');
    const text = readIfThere(this.#path);
    this.world = text === undefined ? makeFirstWorld(settings, Date.now()) : worldSchema.parse(JSON.parse(text));
    this.storage = new Storage(settings.dir, settings);
    this.storage.reconcile(this.world);
    this.#endUnfinishedJobs();
    this.save();
  }

  /** Runs a command within the call; an async one is accepted and goes on by itself. @throws Refusal */
  run(request: Request): Record<string, unknown> {
    const command = COMMANDS.get(request.command);
    if (command === undefined) {
      throw new Refusal(432, 'The given command does not exist or it is not available for user', 9999);
    }
    this.#forgetOldJobs();
    const context = this.#context(request);
    if (command.kind === 'async') return this.#accept(command, context);
    const { result, afterSave } = command.run(context);
    // Lists change nothing.
    if (!/^(list|query)/.test(request.command)) this.save();
    afterSave?.();
    return result;
  }

  /** Writes the world down; call it after changing rows by hand. */
  save(): void {
    writeDurable(this.#path, JSON.stringify(this.world));
  }

  /** Stops working, as a crash would: jobs in progress meet their fate at the next start. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.storage.close();
  }

  #accept(command: AsyncCommand, context: CommandContext): Record<string, unknown> {
    const { instanceType, instanceId, isNew } = command.accept(context);
    const job: JobRow = {
      id: randomUUID(),
      command: context.command,
      parameters: Object.fromEntries(context.parameters),
      account: context.account.name,
      instanceType,
      instanceId,
      status: 0,
      resultCode: 0,
      result: null,
      createdAt: new Date(context.nowMs).toISOString(),
      completedAt: null,
    };
    this.world.jobs.push(job);
    this.save();
    this.#start(job, command);
    return isNew === true ? { id: instanceId, jobid: job.id } : { jobid: job.id };
  }

  #start(job: JobRow, command: AsyncCommand): void {
    const fault = this.#faults.takeForJob(job.command);
    if (fault?.kind === 'job-stuck') return;
    const delayMs = fault?.kind === 'job-delay' ? fault.ms : this.#settings.jobDelayMs;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#perform(job, { command, fault });
    }, delayMs);
    this.#timers.add(timer);
  }

  #perform(job: JobRow, { command, fault }: { command: AsyncCommand; fault: JobFault | undefined }): void {
    let afterSave: (() => void) | undefined;
    try {
      if (fault?.kind === 'job-error') throw new Refusal(fault.errorCode, fault.errorText);
      const effect = command.perform(this.#contextOf(job), job.instanceId);
      afterSave = effect.afterSave;
      if (fault?.kind === 'job-error-after-effect') throw new Refusal(fault.errorCode, fault.errorText);
      finish(job, { status: 1, resultCode: 0, result: effect.result });
    } catch (thrown) {
      finish(job, failed(thrown));
    }
    if (fault?.kind === 'job-forgotten') this.world.jobs = this.world.jobs.filter((row) => row !== job);
    this.save();
    afterSave?.();
  }

  #endUnfinishedJobs(): void {
    for (const job of this.world.jobs.filter((row) => row.status === 0)) {
      const command = COMMANDS.get(job.command);
      if (this.#settings.jobsAfterRestart === 'resume' && command?.kind === 'async') this.#start(job, command);
      else finish(job, failed(new Refusal(530, CANCELLED_BY_RESTART)));
    }
  }

  #forgetOldJobs(): void {
    const oldestMs = Date.now() - this.#settings.jobExpireMs;
    this.world.jobs = this.world.jobs.filter(
      (job) => job.completedAt === null || Date.parse(job.completedAt) >= oldestMs,
    );
  }

  #contextOf(job: JobRow): CommandContext {
    const account = this.world.accounts.find((row) => row.name === job.account);
    if (account === undefined) throw new Refusal(530, `account ${job.account} does not exist`);
    return this.#context({ command: job.command, parameters: new Map(Object.entries(job.parameters)), account });
  }

  #context(request: Request): CommandContext {
    return { ...request, world: this.world, storage: this.storage, nowMs: Date.now() };
  }
}

type Ending = Pick<JobRow, 'status' | 'resultCode' | 'result'>;

/** As it is in the answer of a call: a failed job holds the same error object. */
function failed(thrown: unknown): Ending {
  const refusal = thrown instanceof Refusal ? thrown : new Refusal(530, String(thrown));
  const { errorCode, message } = refusal;
  return { status: 2, resultCode: errorCode, result: { errorcode: errorCode, errortext: message } };
}

function finish(job: JobRow, ending: Ending): void {
  Object.assign(job, ending, { completedAt: new Date().toISOString() });
}
