import type { World } from './world.ts';

/** Enough for any look-up that follows a removal, and a bound on the document. */
const KEPT_MAX = 10_000;

/** Remembers the ids of rows that go. */
export class FormerIds {
  #before: ReadonlySet<string>;

  constructor(world: World) {
    this.#before = idsOf(world);
  }

  /** To be called with each change of the world, before it is written down. */
  note(world: World): void {
    const now = idsOf(world);
    const gone = [...this.#before].filter((id) => !now.has(id));
    if (gone.length > 0) world.formerIds = [...world.formerIds, ...gone].slice(-KEPT_MAX);
    this.#before = now;
  }
}

const idsOf = ({ vms, volumes, snapshots, vmSnapshots }: World): ReadonlySet<string> =>
  new Set([...vms, ...volumes, ...snapshots, ...vmSnapshots].map((row) => row.id));
