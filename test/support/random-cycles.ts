import type { JobRecord } from '../../src/db/stores/job-rows.ts';
import { cancel } from '../../src/queues/cancel.ts';
import { jobStory } from './job-story.ts';
import type { Random } from './random.ts';
import type { Death } from './mortal-work.ts';
import { until } from './until.ts';
import { BETWEEN, MEANWHILE, write, type Scene } from './vsphere-events.ts';
import type { VsphereStand, VsphereVm } from './vsphere-stand.ts';

/** A worker in this process that can be told to go. */
export class HouseWorker implements AsyncDisposable {
  readonly #lab: VsphereStand;
  #stop: (() => void) | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(lab: VsphereStand) {
    this.#lab = lab;
  }

  start(): void {
    if (this.#stop !== undefined) return;
    const stopped = new Promise<void>((resolve) => (this.#stop = resolve));
    this.#work = this.#lab.stand.withWorker(() => stopped);
  }

  async stop(): Promise<void> {
    this.#stop?.();
    this.#stop = undefined;
    await this.#work;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

const STEPS = ['prepare', 'open-source', 'transfer', 'commit', 'close-source'] as const;
const PLACES = ['begin', 'end', 'recording', 'recorded'] as const;
const PATIENCE_MS = 30_000;

/** How many cycles were copied in which way, and how they ended. */
export type Tally = Map<string, number>;

/**
 * One VM, and what happens to it in between and meanwhile. After each cycle that ends well every target is what the
 * vCenter says the snapshot held; at the end a quiet cycle ends well, and nothing of ours is left.
 */
export class RandomCycles {
  readonly #scene: Scene;
  readonly #worker: HouseWorker;
  readonly #tally: Tally;
  readonly #story: string[] = [];
  /** Something may have made the cycle fail. */
  #isRough = false;

  constructor(of: { lab: VsphereStand; vm: VsphereVm; random: Random; worker: HouseWorker; tally: Tally }) {
    this.#scene = of;
    this.#worker = of.worker;
    this.#tally = of.tally;
  }

  /** @throws Error with all that happened */
  async run(cycles: number): Promise<void> {
    try {
      for (let count = 0; count < cycles; count += 1) await this.#between().then(() => this.#cycle());
      await this.#end();
    } catch (cause) {
      throw new Error(`${String(cause)}\nwhat happened:\n  ${this.#story.join('\n  ')}`, { cause });
    }
  }

  async #between(): Promise<void> {
    const { random } = this.#scene;
    for (let count = random.between(1, 3); count > 0; count -= 1) await this.#happens(random.of(BETWEEN));
  }

  async #happens(event: (scene: Scene) => Promise<string | undefined>): Promise<void> {
    const what = await event(this.#scene);
    if (what === undefined) return;
    this.#story.push(what);
    if (event !== write) this.#isRough = true;
  }

  async #cycle(): Promise<void> {
    const { random, vm } = this.#scene;
    const more = {
      ...(random.chance(0.08) ? { replication_type: 'initial' } : {}),
      ...(random.chance(0.1) ? { verify: random.of(['sample', 'full']) } : {}),
    };
    const kind = random.next();
    if (kind < 0.12) return this.#killed(more);
    const jobId = await vm.submit(more);
    this.#story.push(`cycle ${jobId} ${JSON.stringify(more)}`);
    if (kind < 0.2) await this.#cancelled(jobId);
    else if (kind < 0.6) await this.#disturbed();
    await this.#judge(await this.#scene.lab.stand.ended(jobId));
  }

  async #disturbed(): Promise<void> {
    const { random } = this.#scene;
    for (let count = random.between(1, 3); count > 0; count -= 1) {
      await pause(random.between(0, 250));
      await this.#happens(random.of(MEANWHILE));
    }
  }

  async #cancelled(jobId: string): Promise<void> {
    await pause(this.#scene.random.between(0, 500));
    this.#isRough = true;
    this.#story.push('cancelled');
    const { ledger } = this.#scene.lab.stand;
    await cancel(ledger, jobId, { reason: 'somebody wants it' }).catch(() => this.#story.push('too late'));
  }

  /** A worker dies at some step, or in the midst of copying; another one goes on. */
  async #killed(more: object): Promise<void> {
    const { random, vm, lab } = this.#scene;
    const death: Death | undefined = random.chance(0.6) ? { step: random.of(STEPS), at: random.of(PLACES) } : undefined;
    await this.#worker.stop();
    const slow = { MIGRATEKIT_COPY_RATE_BYTES_PER_S: String(1024 * 1024) };
    await using mortal = lab.stand.spawnWorker(death === undefined ? { env: slow } : { death });
    const jobId = await vm.submit(more);
    this.#story.push(`cycle ${jobId} ${JSON.stringify(more)}, dies at ${JSON.stringify(death ?? 'a moment')}`);
    const isClosed = async (): Promise<boolean> => {
      const rows = await lab.stand.db('job_tracking').where({ id: jobId, dispatch_state: 'closed' }).pluck('id');
      return rows.length > 0;
    };
    if (death === undefined) {
      const isCopying = async (): Promise<boolean> => (await vm.disks()).some((disk) => disk.sync_status === 'syncing');
      await until(async () => (await isCopying()) || (await isClosed()), { withinMs: PATIENCE_MS, what: 'the copy' });
      await pause(random.between(0, 800));
    } else {
      let isDead = false;
      void mortal.died.then(() => (isDead = true));
      await until(async () => isDead || (await isClosed()), { withinMs: PATIENCE_MS, what: 'the death of a worker' });
    }
    await mortal.kill9();
    if (random.chance(0.5)) await this.#happens(write);
    this.#worker.start();
    await this.#judge(await lab.stand.ended(jobId));
  }

  async #judge(job: JobRecord): Promise<void> {
    const { vm, lab } = this.#scene;
    this.#count(job.status);
    this.#story.push(`${job.status} ${job.errorCode ?? ''} after ${job.attempt}`);
    if (job.status === 'completed') {
      for (const disk of await vm.disks()) {
        const how = /\(([a-z]+\.[a-z-]+)\)(; .*)?$/.exec(disk.last_full_reason ?? '');
        this.#count(`${disk.last_sync_mode ?? ''} ${how?.[1] ?? ''}${how?.[2] ?? ''}`);
      }
      const wrong = await vm.wrongDisks();
      if (wrong.length > 0) throw new Error(`${wrong.join(', ')} is not what the snapshot of ${job.id} held`);
      this.#isRough = false;
    } else if (!this.#isRough) {
      throw new Error(`a cycle that nothing disturbed ended ${job.status}\n${await jobStory(lab.stand.db, job.id)}`);
    }
  }

  #count(what: string): void {
    this.#tally.set(what, (this.#tally.get(what) ?? 0) + 1);
  }

  /** Everything calm again: a cycle that ends well, and then nothing of ours anywhere. */
  async #end(): Promise<void> {
    const { lab, vm } = this.#scene;
    lab.control.faults.clear();
    for (const { id, description } of lab.control.vm(vm.name).snapshots) {
      if (!description.startsWith('migratekit/')) await lab.control.removeSnapshot(vm.name, id);
    }
    this.#isRough = false;
    const jobId = await vm.submit();
    this.#story.push(`last cycle ${jobId}`);
    await this.#judge(await lab.stand.ended(jobId));
    const isTidy = async (): Promise<boolean> => {
      const sessions = await lab.stand.vma.listSessions();
      return vm.leftSnapshots().length + sessions.length === 0;
    };
    await until(isTidy, { withinMs: PATIENCE_MS, what: 'our last snapshot to go' });
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
