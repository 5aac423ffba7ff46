import { expect } from '@jest/globals';
import { KiB, MiB } from '../../src/base/units.ts';
import { findJob } from '../../src/db/stores/job-rows.ts';
import type { Spring } from './boundaries.ts';
import { committedPoint, LayerHashes, overlaysLeft, type CommittedPoint } from './committed-point.ts';
import { CycleWires, WIRES, type WireName } from './cycle-wires.ts';
import { jobStory } from './job-story.ts';
import { MortalDaemon } from './mortal-daemon.ts';
import type { Random } from './random.ts';
import { ReplicatedVm } from './replicated-vm.ts';
import type { ReplicationStand, SpawnedWorker } from './replication-stand.ts';
import { until } from './until.ts';

export interface Kill {
  readonly victim: 'worker' | 'daemon' | 'qemu';
  /** Where it dies: at something that is asked there. */
  readonly wire: WireName;
  readonly what?: string;
  readonly at: number;
  readonly when: Spring['when'];
  /** So long after that moment. */
  readonly laterMs?: number;
  /** Slow enough that it is met while it copies. */
  readonly isSlow?: boolean;
}

interface Death {
  readonly isDone: boolean;
  readonly timer?: NodeJS.Timeout;
}

/** The limit of every wait: only a defect reaches it. What a daemon has taken and not begun is sent anew after a minute. */
const PATIENCE_MS = 300_000;

/** Cycles of one VM, in each of which somebody dies; and what the last committed point is meanwhile. */
export class KilledCycles implements AsyncDisposable {
  readonly tally = { cycles: 0, kills: 0, looks: 0, asBefore: 0, asAfter: 0 };
  /** How often each of them died at each kind of question. */
  readonly met = new Map<string, number>();
  readonly #stand: ReplicationStand;
  readonly #vm: ReplicatedVm;
  readonly #wires: CycleWires;
  readonly #daemon: MortalDaemon;
  readonly #hashes = new LayerHashes();
  /** The one of an earlier cycle, unless it died. */
  #worker: { readonly process: SpawnedWorker; readonly isSlow: boolean } | undefined;

  private constructor(of: { stand: ReplicationStand; vm: ReplicatedVm; wires: CycleWires; daemon: MortalDaemon }) {
    this.#stand = of.stand;
    this.#vm = of.vm;
    this.#wires = of.wires;
    this.#daemon = of.daemon;
  }

  /** With a VM of two disks that was copied in full. */
  static async begin(stand: ReplicationStand): Promise<KilledCycles> {
    const vm = await ReplicatedVm.make(stand);
    const first = await stand.withWorker(async () => stand.ended(await vm.submit()));
    expect(first.status).toBe('completed');
    const wires = await CycleWires.start(stand);
    const daemon = await MortalDaemon.start(stand, wires.daemon);
    return new KilledCycles({ stand, vm, wires, daemon });
  }

  /** What is asked in a cycle in which nobody dies. */
  async moments(random: Random): Promise<Record<WireName, ReadonlyMap<string, number>>> {
    await this.cycle({ victim: 'worker', wire: 'worker-sql', at: 1_000_000, when: 'before' }, random);
    return this.#wires.seen();
  }

  async cycle(kill: Kill, random: Random): Promise<void> {
    const vm = this.#vm;
    const before = (await vm.hashes()).source;
    expect((await this.#point()).hashes).toEqual(before);
    await this.#change(random);
    const after = (await vm.hashes()).source;
    const worker = await this.#ready(kill.isSlow === true);
    const death = this.#arm(kill, worker);
    const jobId = await vm.submit();
    const expected = (point: CommittedPoint): readonly string[] => (point.jobId === jobId ? after : before);
    const look = async (): Promise<void> => {
      const point = await this.#point();
      this.tally.looks += 1;
      this.tally[point.jobId === jobId ? 'asAfter' : 'asBefore'] += 1;
      expect({ jobId: point.jobId, hashes: point.hashes }).toEqual({ jobId: point.jobId, hashes: expected(point) });
    };
    try {
      await until(
        async () => {
          await look();
          return death.isDone || (await this.#isClosed(jobId));
        },
        { withinMs: PATIENCE_MS, what: 'a death, or the end of the cycle' },
      );
      // What was not met in this cycle must not strike in the next one, where nobody would bring the victim back.
      this.#disarm();
      clearTimeout(death.timer);
      await look();
      if (death.isDone) this.#count(kill);
      const isDead = kill.victim === 'worker' && death.isDone;
      if (isDead) this.#worker = undefined;
      await this.#goOn({ jobId, look, worker: isDead ? worker : undefined });
      await look();
      expect((await this.#point()).hashes).toEqual(after);
      expect((await vm.hashes()).target).toEqual(after);
      this.tally.cycles += 1;
    } catch (cause) {
      throw new Error(`${JSON.stringify(kill)}: ${String(cause)}\n${await jobStory(this.#stand.db, jobId)}`, { cause });
    }
  }

  #point(): Promise<CommittedPoint> {
    return committedPoint(this.#stand, this.#vm, this.#hashes);
  }

  /** A worker that copies at this rate: starting one takes longer than most of a cycle. */
  async #ready(isSlow: boolean): Promise<SpawnedWorker> {
    if (this.#worker?.isSlow === isSlow) return this.#worker.process;
    await this.#worker?.process.kill9();
    const rate = { MIGRATEKIT_COPY_RATE_BYTES_PER_S: String((isSlow ? 512 : 65_536) * KiB) };
    this.#worker = { process: this.#stand.spawnWorker({ env: { ...rate, ...this.#wires.worker } }), isSlow };
    return this.#worker.process;
  }

  /** Some areas of both disks, data and zeros. */
  async #change(random: Random): Promise<void> {
    for (const [disk, lengthBytes] of this.#vm.lengths().entries()) {
      for (let area = 0; area < 3; area += 1) {
        const length = random.between(1, 96) * 4 * KiB;
        const offset = random.between(0, Math.floor((Math.min(lengthBytes, 6 * MiB) - length) / 512)) * 512;
        await this.#vm.write(disk, { offset, length }, random.chance(0.3) ? 'zeros' : undefined);
      }
    }
  }

  #count({ victim, wire, when }: Kill): void {
    const kind = `${victim} ${when === 'before' ? 'before a question' : 'before the answer'} on ${wire}`;
    this.met.set(kind, (this.met.get(kind) ?? 0) + 1);
    this.tally.kills += 1;
  }

  #arm(kill: Kill, worker: SpawnedWorker): Death {
    const { victim, wire, what, at, when, laterMs = 0 } = kill;
    const death: { isDone: boolean; timer?: NodeJS.Timeout } = { isDone: false };
    const strike = (): void => {
      if (victim === 'worker') void worker.kill9();
      if (victim === 'daemon') this.#daemon.killNow();
      death.isDone = victim !== 'qemu' || this.#daemon.killQemu();
    };
    const act = (): boolean => {
      if (laterMs > 0) {
        death.timer = setTimeout(strike, laterMs);
        return false;
      }
      strike();
      return wire.startsWith(victim);
    };
    for (const name of WIRES) this.#wires.of[name].set(name === wire ? { what, at, when, act } : undefined);
    return death;
  }

  #disarm(): void {
    for (const name of WIRES) this.#wires.of[name].disarm();
  }

  async #goOn({
    worker,
    jobId,
    look,
  }: {
    worker: SpawnedWorker | undefined;
    jobId: string;
    look: () => Promise<void>;
  }): Promise<void> {
    if (!this.#daemon.isAlive) {
      await this.#daemon.buried();
      await look();
      await this.#daemon.start();
    }
    // Its leases are free by then.
    await worker?.died;
    const end = async (): Promise<void> => {
      await until(
        async () => {
          await look();
          return this.#isClosed(jobId);
        },
        { withinMs: PATIENCE_MS, what: 'the end of the job' },
      );
    };
    await (worker === undefined ? end() : this.#stand.withWorker(end));
    const job = await findJob(this.#stand.db, jobId);
    expect(job?.status).toBe('completed');
    await until(async () => (await overlaysLeft(this.#stand)).length === 0, {
      withinMs: PATIENCE_MS,
      what: 'the overlays to be gone',
    });
    const landed = await this.#stand.db('cbt_history').where('job_id', jobId).pluck<string[]>('landed_in');
    expect(landed).toEqual(['overlay', 'overlay']);
  }

  async #isClosed(jobId: string): Promise<boolean> {
    return (await findJob(this.#stand.db, jobId))?.dispatchState === 'closed';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.process.kill9();
    await this.#daemon[Symbol.asyncDispose]();
    await this.#wires[Symbol.asyncDispose]();
  }
}
