import { type AreaAnswer, changedAreas } from '../../src/domain/cbt/area-pages.ts';
import { commitOf, type DiskOutcome } from '../../src/domain/cbt/commit.ts';
import type { Target } from '../../src/domain/cbt/judge-disk.ts';
import { assertReplicable, type DiskVerdict, judgeVm } from '../../src/domain/cbt/judge-vm.ts';
import type { VmCommit } from '../../src/domain/cbt/source-state.ts';
import { planTracking } from '../../src/domain/cbt/tracking.ts';
import { fallBack, generationToWrite, type CopyVerdict, type Verdict } from '../../src/domain/cbt/verdict.ts';
import { answerOf, BLOCK_BYTES, type ModelDisk, type TrackedVm } from './tracked-vm.ts';

/** A replica of the model that does what the guard says, and dies on demand. */

export interface CycleChoice {
  /** Blocks that are written before the cycle dies; undefined: it lives. */
  readonly diesAfter: number | undefined;
  /** The snapshot of the cycle, and what earlier ones left, cannot be removed. */
  readonly snapshotStays: boolean;
  readonly forceFull: boolean;
  readonly areasMax: number;
  readonly windowBlocks: number;
  /** From this answer on vSphere says what no rule allows. */
  readonly badAnswer: number | undefined;
}

interface ModelTarget {
  blocks: number[];
  generation: number;
  isEmpty: boolean;
}

class Died extends Error {}

function carriedOut(verdict: Verdict): CopyVerdict {
  if (verdict.mode === 'refused') throw new Error(verdict.reason.text);
  return verdict;
}

/** What a cycle did to a disk, for the tests to judge. */
export interface DiskStory {
  readonly key: number;
  readonly verdict: Verdict;
  /** Blocks that differed from the snapshot, and that the guard let be skipped. */
  readonly missed: readonly number[];
  readonly writes: number;
}

export interface CycleStory {
  readonly isCommitted: boolean;
  readonly verdicts: readonly DiskVerdict[];
  readonly disks: readonly DiskStory[];
  /** Keys of disks whose target is not the snapshot, although the cycle was committed. */
  readonly wrong: readonly number[];
}

export class GuardedReplica {
  readonly targets = new Map<number, ModelTarget>();
  commit: VmCommit | undefined;
  #budget = 0;
  #cycles = 0;
  /** Told to the guard once, where the model says that events can be read. */
  hasReverted = false;

  target(key: number): ModelTarget {
    const target = this.targets.get(key) ?? { blocks: [], generation: 1, isEmpty: true };
    this.targets.set(key, target);
    return target;
  }

  loseTarget(key: number): void {
    const { generation } = this.target(key);
    this.targets.set(key, { blocks: [], generation: generation + 1, isEmpty: true });
  }

  /** A failover wrote to it. */
  scribble(key: number): void {
    const target = this.target(key);
    target.generation += 1;
    target.isEmpty = false;
    target.blocks = target.blocks.map((value, index) => (index % 3 === 0 ? -1 : value));
    target.blocks[0] = -1;
  }

  async cycle(vm: TrackedVm, choice: CycleChoice): Promise<CycleStory> {
    this.#budget = choice.diesAfter ?? Number.MAX_SAFE_INTEGER;
    this.#cycles += 1;
    if (!choice.snapshotStays) for (const { id } of vm.snapshots.filter(({ isOurs }) => isOurs)) vm.remove(id);
    const plan = planTracking({
      isSupported: true,
      isEnabled: vm.isTracked,
      hasSnapshots: vm.snapshots.length > 0,
      needsConsolidation: false,
    });
    if (plan.step === 'enable') vm.switchTracking(true);
    const snapshot = vm.snapshot(true);
    const found = vm.describe(snapshot, plan, this.hasReverted);
    const targets = new Map<number, Target>(
      [...this.targets].map(([key, { generation, isEmpty }]) => [key, { generation, isEmpty, fullReason: null }]),
    );
    const judged = judgeVm(this.commit, found, { targets, forceFull: choice.forceFull });
    assertReplicable(judged);
    const disks: DiskStory[] = [];
    const outcomes = new Map<number, DiskOutcome>();
    let isCommitted = false;
    try {
      for (const { key, verdict } of judged.disks) {
        const source = snapshot.disks.get(key);
        if (source !== undefined) disks.push(await this.#bringUp(source, verdict, choice));
        outcomes.set(key, { isComplete: true, isFlushed: true, generation: this.target(key).generation });
      }
      this.commit = commitOf(found, { commitId: `job-${this.#cycles}`, outcomes });
      this.hasReverted = false;
      isCommitted = true;
    } catch (thrown) {
      if (!(thrown instanceof Died)) throw thrown;
    }
    if (!choice.snapshotStays) vm.remove(snapshot.id);
    const wrong = isCommitted ? [...snapshot.disks.values()].filter((disk) => this.#differing(disk).length > 0) : [];
    return { isCommitted, verdicts: judged.disks, disks, wrong: wrong.map(({ key }) => key) };
  }

  async #bringUp(source: ModelDisk, first: Verdict, choice: CycleChoice): Promise<DiskStory> {
    const budgetBefore = this.#budget;
    let missed: readonly number[] = [];
    for (let verdict: CopyVerdict | undefined = carriedOut(first); verdict !== undefined;) {
      const wasEmpty = this.#begin(source.key, verdict);
      const areas = await this.#blocksOf(source, verdict, choice);
      if (areas.isWhole) missed = this.#differing(source).filter((block) => !areas.blocks.has(block));
      // What was read before the bad answer has been copied by then.
      for (const block of areas.blocks) this.#copy(source, block);
      if (areas.isWhole) {
        const isFull = verdict.mode === 'full';
        if (isFull && !wasEmpty) this.#zeroOutside(source, areas.blocks);
        return { key: source.key, verdict, missed: isFull ? [] : missed, writes: budgetBefore - this.#budget };
      }
      verdict = fallBack(verdict, { code: 'cbt.areas-misplaced', text: 'vSphere answered nonsense' });
    }
    throw new Error('no verdict was left');
  }

  /** Stored before the first write; tells whether nobody had written the target before. */
  #begin(key: number, verdict: Verdict): boolean {
    const target = this.target(key);
    const committed = this.commit?.disks.find((disk) => disk.key === key)?.generation ?? null;
    target.generation = generationToWrite(verdict, { committed, target: target.generation });
    const wasEmpty = target.isEmpty;
    target.isEmpty = false;
    return wasEmpty;
  }

  /** What the verdict reads; not whole when vSphere's answers were refused on the way. */
  async #blocksOf(
    source: ModelDisk,
    verdict: Verdict,
    choice: CycleChoice,
  ): Promise<{ blocks: Set<number>; isWhole: boolean }> {
    const all = source.blocks.map((_value, block) => block);
    if (verdict.mode === 'compare') return { blocks: new Set(this.#differing(source)), isWhole: true };
    if (verdict.mode === 'full' && verdict.extents === 'whole') return { blocks: new Set(all), isWhole: true };
    const changeId = verdict.mode === 'incremental' ? verdict.since : '*';
    const blocks = new Set<number>();
    let answers = 0;
    const ask = (startOffset: number): Promise<AreaAnswer> => {
      answers += 1;
      const answer = answerOf(source, { changeId, startOffset }, choice);
      const isBad = choice.badAnswer !== undefined && answers > choice.badAnswer;
      return Promise.resolve(isBad ? { ...answer, startOffset: startOffset + BLOCK_BYTES } : answer);
    };
    try {
      const disk = { diskId: `disk-${source.key}`, capacityBytes: source.blocks.length * BLOCK_BYTES };
      for await (const { offset, length } of changedAreas(disk, ask)) {
        for (let at = offset; at < offset + length; at += BLOCK_BYTES) blocks.add(at / BLOCK_BYTES);
      }
    } catch (thrown) {
      if (choice.badAnswer === undefined) throw thrown;
      return { blocks, isWhole: false };
    }
    return { blocks, isWhole: true };
  }

  #copy(source: ModelDisk, block: number): void {
    this.#spend();
    this.target(source.key).blocks[block] = source.blocks[block] ?? 0;
  }

  #zeroOutside(source: ModelDisk, written: ReadonlySet<number>): void {
    const target = this.target(source.key);
    for (const block of source.blocks.keys()) {
      if (written.has(block)) continue;
      this.#spend();
      target.blocks[block] = 0;
    }
  }

  #spend(): void {
    if (this.#budget === 0) throw new Died();
    this.#budget -= 1;
  }

  #differing(source: ModelDisk): number[] {
    const { blocks } = this.target(source.key);
    return source.blocks.flatMap((value, block) => ((blocks[block] ?? 0) === value ? [] : [block]));
  }
}
