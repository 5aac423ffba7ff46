import type { AreaAnswer } from '../../src/domain/cbt/area-pages.ts';
import type { DiskAtSnapshot, VmAtSnapshot } from '../../src/domain/cbt/source-state.ts';
import type { TrackingPlan } from '../../src/domain/cbt/tracking.ts';

/**
 * A small model of a VM whose changes are tracked: writes, snapshots, reverts, resets, growth. It is as unkind as
 * vSphere is known to be: a question with a foreign or outdated changeId is answered, and wrongly; a revert keeps the
 * lineage, so that sequences come twice; growing forgets changes; a disk in another's place brings a copy of its changeIds.
 */
export const BLOCK_BYTES = 512;

export interface ModelDisk {
  readonly key: number;
  uuid: string;
  lineage: string;
  sequence: number;
  /** What each block holds; 0 reads as zero. */
  blocks: number[];
  /** Sequence of the snapshot that was next when the block was written; 0: not in this lineage. */
  writtenAt: number[];
  /** Tracked since it was made: `*` names all that was ever written. */
  isMapWhole: boolean;
}

interface ModelSnapshot {
  readonly id: string;
  readonly isOurs: boolean;
  readonly isTracked: boolean;
  readonly disks: ReadonlyMap<number, ModelDisk>;
}

const copyOf = (disk: ModelDisk): ModelDisk => ({
  ...disk,
  blocks: [...disk.blocks],
  writtenAt: [...disk.writtenAt],
});
const copiesOf = (disks: ReadonlyMap<number, ModelDisk>): Map<number, ModelDisk> =>
  new Map([...disks].map(([key, disk]) => [key, copyOf(disk)]));

export class TrackedVm {
  disks = new Map<number, ModelDisk>();
  snapshots: ModelSnapshot[] = [];
  isTracked = true;
  #detached: ModelDisk | undefined;
  #count = 0;

  constructor(keys: readonly number[], blocks: number) {
    for (const key of keys) this.disks.set(key, this.#newDisk(key, blocks));
  }

  #next(): number {
    this.#count += 1;
    return this.#count;
  }

  #newDisk(key: number, blocks: number): ModelDisk {
    const zeros = Array.from({ length: blocks }, () => 0);
    return {
      key,
      uuid: `uuid-${this.#next()}`,
      lineage: `lineage-${this.#next()}`,
      sequence: 1,
      blocks: zeros,
      writtenAt: [...zeros],
      isMapWhole: true,
    };
  }

  disk(pick: number): ModelDisk | undefined {
    return [...this.disks.values()][pick % Math.max(1, this.disks.size)];
  }

  write(disk: ModelDisk, block: number, value = this.#next()): void {
    const at = block % disk.blocks.length;
    disk.blocks[at] = value;
    if (this.isTracked) disk.writtenAt[at] = disk.sequence + 1;
    else disk.isMapWhole = false;
  }

  snapshot(isOurs: boolean): ModelSnapshot {
    for (const disk of this.disks.values()) disk.sequence += 1;
    const made = { id: `snapshot-${this.#next()}`, isOurs, isTracked: this.isTracked, disks: copiesOf(this.disks) };
    this.snapshots.push(made);
    return made;
  }

  /** Back to one of the snapshots; they all stay. */
  revert(pick: number, isNewLineage: boolean): boolean {
    const to = this.snapshots[pick % Math.max(1, this.snapshots.length)];
    if (to === undefined) return false;
    this.disks = copiesOf(to.disks);
    this.isTracked = to.isTracked;
    if (isNewLineage) for (const disk of this.disks.values()) this.reset(disk);
    return true;
  }

  remove(id: string | undefined): void {
    this.snapshots = this.snapshots.filter((each) => each.id !== id);
  }

  /** The file of the tracking is lost, or made anew. */
  reset(disk: ModelDisk): void {
    disk.lineage = `lineage-${this.#next()}`;
    disk.sequence = 1;
    disk.writtenAt = disk.blocks.map(() => 0);
    disk.isMapWhole = false;
  }

  switchTracking(isOn: boolean): void {
    if (isOn && !this.isTracked) for (const disk of this.disks.values()) this.reset(disk);
    this.isTracked = isOn;
  }

  /** vSphere does not enlarge a disk of a VM with snapshots. */
  grow(disk: ModelDisk): void {
    if (this.snapshots.length > 0) return;
    disk.blocks.push(0, 0);
    disk.writtenAt = disk.blocks.map(() => 0);
    disk.isMapWhole = false;
  }

  /** Another disk under the same key: a copy of the old one, changeIds and all, that went its own way. */
  replace(disk: ModelDisk): void {
    disk.uuid = `uuid-${this.#next()}`;
    disk.sequence += 3;
    disk.blocks = disk.blocks.map((value, index) => (index % 2 === 0 ? this.#next() : value));
    disk.isMapWhole = false;
  }

  /** Takes the last disk away, or gives it back. */
  detachOrAttach(): void {
    if (this.#detached !== undefined && !this.disks.has(this.#detached.key)) {
      this.disks.set(this.#detached.key, this.#detached);
      this.#detached = undefined;
      return;
    }
    this.#detached = [...this.disks.values()].at(-1);
    if (this.disks.size > 1 && this.#detached !== undefined) this.disks.delete(this.#detached.key);
    else this.#detached = undefined;
  }

  /** What vSphere would say of the VM in `snapshot`. */
  describe(snapshot: ModelSnapshot, plan: TrackingPlan, hasReverted: boolean): VmAtSnapshot {
    return {
      vcenterUuid: 'vcenter-1',
      instanceUuid: 'vm-1',
      snapshotId: snapshot.id,
      otherSnapshotIds: this.snapshots.map((each) => each.id).filter((id) => id !== snapshot.id),
      hasReverted,
      trackingFault: plan.fault,
      disks: [...snapshot.disks.values()].map(describeDisk),
    };
  }
}

function describeDisk(disk: ModelDisk): DiskAtSnapshot {
  return {
    key: disk.key,
    backingUuid: disk.uuid,
    objectId: `1-${disk.key}`,
    fileName: `[ds1] vm/vm_${disk.key}.vmdk`,
    capacityBytes: disk.blocks.length * BLOCK_BYTES,
    changeId: `${disk.lineage}/${disk.sequence}`,
    backing: 'flat',
    diskMode: 'persistent',
    isShared: false,
    isInUseMapWhole: disk.isMapWhole,
  };
}

/**
 * QueryChangedDiskAreas of a disk in a snapshot, `areasMax` areas and `windowBlocks` of the disk at a time. It looks at
 * the sequence only: whose it is, is the guard's business.
 */
export function answerOf(
  disk: ModelDisk,
  ask: { readonly changeId: string; readonly startOffset: number },
  limits: { readonly areasMax: number; readonly windowBlocks: number },
): AreaAnswer {
  const since = ask.changeId === '*' ? 0 : Number(ask.changeId.slice(ask.changeId.lastIndexOf('/') + 1));
  const first = ask.startOffset / BLOCK_BYTES;
  const end = Math.min(disk.blocks.length, first + limits.windowBlocks);
  const changedArea: { start: number; length: number }[] = [];
  let block = first;
  for (; block < end; block += 1) {
    if ((disk.writtenAt[block] ?? 0) <= since) continue;
    if (changedArea.length === limits.areasMax) break;
    changedArea.push({ start: block * BLOCK_BYTES, length: BLOCK_BYTES });
  }
  return { startOffset: ask.startOffset, length: (block - first) * BLOCK_BYTES, changedArea };
}
