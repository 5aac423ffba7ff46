import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { labLog } from '../../base/logger.ts';
import type { AsyncCommand, CommandContext } from './command.ts';
import { COMMANDS } from './command-table.ts';
import { powerOn } from './commands/power.ts';
import { Devices, type Carrier } from './devices.ts';
import { readIfThere, writeDurable } from './durable-file.ts';
import type { Faults } from './faults.ts';
import type { Hypervisor } from './guests/hypervisor.ts';
import { FormerIds } from './former-ids.ts';
import { addOmas, makeFirstWorld, type FirstWorldSettings } from './first-world.ts';
import { Jobs, type JobSettings } from './jobs.ts';
import { Refusal } from './refusal.ts';
import { Storage } from './storage.ts';
import { readWorld, type AccountRow, type JobRow, type World } from './world.ts';

/**
 * The management server without its wire: runs commands on the world. The world is on disk before anybody learns of a
 * change.
 */

export interface CloudSettings extends FirstWorldSettings, JobSettings {
  readonly dir: string;
  /** How long after an attach the device appears. */
  readonly deviceDelayMs: number;
  /** What an attached volume is for the guest. */
  readonly carrier: Carrier;
  /** What runs the VMs. */
  readonly hypervisor: Hypervisor;
}

export interface Request {
  readonly command: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly account: AccountRow;
}

export class Cloud {
  readonly world: World;
  readonly storage: Storage;
  readonly devices: Devices;
  readonly hypervisor: Hypervisor;
  readonly #jobs: Jobs;
  readonly #path: string;
  readonly #former: FormerIds;

  constructor(settings: CloudSettings, faults: Faults) {
    mkdirSync(settings.dir, { recursive: true, mode: 0o700 });
    this.#path = join(settings.dir, 'world.json');
    const text = readIfThere(this.#path);
    this.world = text === undefined ? makeFirstWorld(settings, Date.now()) : readWorld(text);
    addOmas(this.world, settings, Date.now());
    this.#former = new FormerIds(this.world);
    this.storage = new Storage(settings.dir);
    this.storage.reconcile(this.world);
    const fileOf = (volumeId: string): string => this.storage.pathOf(volumeId);
    const { dir, carrier, deviceDelayMs: delayMs } = settings;
    this.devices = new Devices({ dir, delayMs, carrier, fileOf });
    this.devices.reconcile(this.world);
    this.hypervisor = settings.hypervisor;
    this.hypervisor.onEnd = (vmId) => this.#noteEnd(vmId);
    this.hypervisor.keepOnly(new Set(this.world.vms.map((vm) => vm.id)));
    this.#jobs = new Jobs({
      world: this.world,
      faults,
      settings,
      save: () => this.save(),
      contextOf: (job) => this.#contextOf(job),
    });
    this.#jobs.endUnfinished();
    this.save();
  }

  /**
   * After a start: the guests of before have ended with the process that ran them, as with the power of their host. They
   * are powered on again, as a cloud does with what was running; what cannot be is Stopped.
   */
  async powerOnGuests(): Promise<void> {
    const { world, storage, hypervisor } = this;
    for (const vm of world.vms.filter((row) => row.state === 'Running')) {
      await powerOn({ world, storage, hypervisor }, vm).catch((error: unknown) => {
        labLog.error({ err: error, vm: vm.name }, 'guest of the simulated cloud not powered on again');
        vm.state = 'Stopped';
      });
    }
    this.save();
  }

  /** Runs a command within the call; an async one is accepted and goes on by itself. @throws Refusal */
  run(request: Request): Record<string, unknown> {
    const command = COMMANDS.get(request.command);
    if (command === undefined) {
      throw new Refusal(432, 'The given command does not exist or it is not available for user', 9999);
    }
    this.#jobs.forgetOld();
    const context = this.#context(request);
    if (command.kind === 'async') return this.#accept(command, context);
    const { result, afterSave } = command.run(context);
    // Lists change nothing.
    if (!isReading(request.command)) this.save();
    afterSave?.();
    return result;
  }

  /** Writes the world down; call it after changing rows by hand. */
  save(): void {
    this.#former.note(this.world);
    writeDurable(this.#path, JSON.stringify(this.world));
  }

  get heldJobs(): number {
    return this.#jobs.heldCount;
  }

  releaseJobs(end: 'work' | 'failure' = 'work'): void {
    this.#jobs.release(end);
  }

  /** Stops working, as a crash would: jobs in progress meet their fate at the next start. */
  async close(): Promise<void> {
    this.storage.close();
    await this.#jobs.close();
    await this.hypervisor.close();
    this.devices.close(this.world);
  }

  /** A guest has ended by itself: it was shut down from within, or its process died. */
  #noteEnd(vmId: string): void {
    const vm = this.world.vms.find((row) => row.id === vmId);
    if (vm?.state !== 'Running') return;
    vm.state = 'Stopped';
    this.save();
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
    this.#jobs.start(job, command);
    return isNew === true ? { id: instanceId, jobid: job.id } : { jobid: job.id };
  }

  #contextOf(job: JobRow): CommandContext {
    const account = this.world.accounts.find((row) => row.name === job.account);
    if (account === undefined) throw new Refusal(530, `account ${job.account} does not exist`);
    return this.#context({ command: job.command, parameters: new Map(Object.entries(job.parameters)), account });
  }

  #context(request: Request): CommandContext {
    const { world, storage, devices, hypervisor } = this;
    return { ...request, world, storage, devices, hypervisor, nowMs: Date.now() };
  }
}

/** Commands that change nothing, and that a server which enforces POST takes by GET. */
export const isReading = (command: string): boolean => /^(list|query|get)/.test(command);
