import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CycleChoice, type CycleStory, GuardedReplica } from '../../../support/guarded-replica.ts';
import { propertyRuns } from '../../../support/property-runs.ts';
import { TrackedVm } from '../../../support/tracked-vm.ts';

/** Whatever happens to a VM, its replica gets every byte, or the guard does not trust the changed areas. */

type Event = (stage: Stage) => Promise<void> | void;

class Stage {
  readonly vm = new TrackedVm([2000, 2001], 12);
  readonly replica = new GuardedReplica();
  readonly cycles: CycleStory[] = [];

  async cycle(choice: CycleChoice): Promise<void> {
    const story = await this.replica.cycle(this.vm, choice);
    this.cycles.push(story);
    for (const { verdict, missed } of story.disks) expect({ verdict, missed }).toEqual({ verdict, missed: [] });
    expect(story.wrong).toEqual([]);
  }
}

const CALM: CycleChoice = {
  diesAfter: undefined,
  snapshotStays: false,
  forceFull: false,
  areasMax: 2,
  windowBlocks: 5,
  badAnswer: undefined,
};

const pick = fc.nat({ max: 20 });

const writes = fc
  .array(fc.tuple(pick, pick, fc.boolean()), { minLength: 1, maxLength: 4 })
  .map((list): Event => ({ vm }) => {
    for (const [which, block, isZero] of list) {
      const disk = vm.disk(which);
      if (disk !== undefined) vm.write(disk, block, isZero ? 0 : undefined);
    }
  });

/** One that dies has written less than the disks have. */
const mayDie = fc.option(fc.nat({ max: 16 }), { nil: undefined });

const quietCycle = fc
  .record({
    diesAfter: mayDie,
    areasMax: fc.integer({ min: 1, max: 4 }),
    windowBlocks: fc.integer({ min: 1, max: 12 }),
  })
  .map(
    (choice): Event =>
      (stage) =>
        stage.cycle({ ...CALM, ...choice }),
  );

const roughCycle = fc
  .record({
    diesAfter: mayDie,
    snapshotStays: fc.boolean(),
    forceFull: fc.nat({ max: 9 }).map((number) => number === 0),
    areasMax: fc.integer({ min: 1, max: 4 }),
    windowBlocks: fc.integer({ min: 1, max: 12 }),
    badAnswer: fc.option(fc.nat({ max: 3 }), { nil: undefined, freq: 4 }),
  })
  .map(
    (choice): Event =>
      (stage) =>
        stage.cycle(choice),
  );

const onDisk = (what: (stage: Stage, disk: NonNullable<ReturnType<TrackedVm['disk']>>) => void): fc.Arbitrary<Event> =>
  pick.map((which): Event => (stage) => {
    const disk = stage.vm.disk(which);
    if (disk !== undefined) what(stage, disk);
  });

const trouble = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Event>(({ vm }) => void vm.snapshot(false)) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(pick, fc.nat({ max: 3 }), fc.nat({ max: 3 }))
      .map(([which, lineage, told]): Event => (stage) => {
        // Its events are seldom there to be read.
        const isReverted = stage.vm.revert(which, lineage === 0);
        stage.replica.hasReverted ||= isReverted && told === 0;
      }),
  },
  {
    weight: 5,
    arbitrary: pick.map(
      (which): Event =>
        ({ vm }) =>
          vm.remove(vm.snapshots[which % Math.max(1, vm.snapshots.length)]?.id),
    ),
  },
  { weight: 1, arbitrary: onDisk(({ vm }, disk) => vm.reset(disk)) },
  { weight: 1, arbitrary: onDisk(({ vm }, disk) => vm.grow(disk)) },
  { weight: 1, arbitrary: onDisk(({ vm }, disk) => vm.replace(disk)) },
  { weight: 1, arbitrary: onDisk(({ replica }, disk) => replica.loseTarget(disk.key)) },
  { weight: 1, arbitrary: onDisk(({ replica }, disk) => replica.scribble(disk.key)) },
  {
    weight: 1,
    arbitrary: fc.boolean().map(
      (isOn): Event =>
        ({ vm }) =>
          vm.switchTracking(isOn),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Event>(({ vm }) => vm.detachOrAttach()) },
);

const lives = fc.array(
  fc.oneof({ weight: 4, arbitrary: writes }, { weight: 4, arbitrary: roughCycle }, { weight: 4, arbitrary: trouble }),
  { minLength: 4, maxLength: 40 },
);

async function live(events: readonly Event[]): Promise<Stage> {
  const stage = new Stage();
  for (const event of events) await event(stage);
  return stage;
}

test('whatever happens, no cycle leaves out a block that differs, and each commit is the snapshot', async () => {
  await fc.assert(
    fc.asyncProperty(lives, async (events) => {
      const stage = await live(events);
      await stage.cycle(CALM);
    }),
    propertyRuns(3000),
  );
});

test('once its snapshots are gone and it was compared once, every disk is incremental again', async () => {
  await fc.assert(
    fc.asyncProperty(lives, async (events) => {
      const stage = await live(events);
      stage.vm.snapshots = [];
      await stage.cycle(CALM);
      await stage.cycle(CALM);

      const modes = stage.cycles.at(-1)?.verdicts.map(({ verdict }) => verdict.mode) ?? [];
      expect(modes).toEqual(modes.map(() => 'incremental'));
    }),
    propertyRuns(500),
  );
});

test('a VM that nobody troubles is copied by its changes only, also after cycles that died', async () => {
  const quiet = fc.array(fc.oneof(writes, quietCycle), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(quiet, async (events) => {
      const stage = await live([...events.slice(0, 4), (begun) => begun.cycle(CALM), ...events.slice(4)]);
      const first = stage.cycles.findIndex(({ isCommitted }) => isCommitted);

      for (const { verdicts } of stage.cycles.slice(first + 1)) {
        for (const { verdict } of verdicts) expect(verdict).toMatchObject({ mode: 'incremental', doubt: null });
      }
    }),
    propertyRuns(500),
  );
});

test('a first copy of disks that were always tracked reads what they use, and only that', async () => {
  const stage = new Stage();
  const disk = stage.vm.disk(0);
  if (disk !== undefined) stage.vm.write(disk, 3);
  await stage.cycle(CALM);

  expect(stage.cycles[0]?.disks.map(({ verdict, writes: count }) => [verdict.mode, count])).toEqual([
    ['full', 1],
    ['full', 0],
  ]);
});
