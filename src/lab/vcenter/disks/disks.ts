import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, rename, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { withFolderLock } from '../../folder-lock.ts';
import { isMissing } from '../../cloudstack/durable-file.ts';
import { isInSnapshots, newTracking } from '../machine.ts';
import { fileNotFound } from '../wire/vim-fault.ts';
import type { DiskRow, VmRow, World } from '../world.ts';
import { scanData } from './areas.ts';
import { copyImage, ensureImage, writeImage, type DiskBytes } from './live-disk.ts';
import type { Oracle } from './oracle.ts';
import { beginTracking, readMarks, readTracking, saveTracking, trackingFileOf } from './tracking.ts';

/**
 * The bytes behind the VMs: images, what was written when, and frozen disks. A frozen disk of snapshot S with device key
 * K is `<frozenDir>/S/K.img`, with its marks beside it; the folder appears whole. Call under the task of the VM.
 */
export class Disks {
  readonly frozenDir: string;
  readonly #oracle: Oracle;
  /** Blocks that hold data, by path of the frozen disk. */
  readonly #scanned = new Map<string, Promise<Uint8Array>>();

  constructor(parts: { readonly frozenDir: string; readonly oracle: Oracle }) {
    this.frozenDir = parts.frozenDir;
    this.#oracle = parts.oracle;
  }

  imageOf(vm: VmRow, disk: DiskRow): string {
    return join(vm.dir, disk.image);
  }

  frozenImageOf(snapshot: string, deviceKey: number): string {
    return join(this.frozenDir, snapshot, `${deviceKey}.img`);
  }

  /** After a start: the state of tracking is the one beside the image, and a freeze that was not finished is nothing. */
  async reconcile(world: World): Promise<void> {
    const known = new Set<string>();
    for (const vm of world.vms.values()) {
      for (const { id } of vm.snapshots) known.add(id);
      for (const disk of vm.disks) {
        if (disk.tracking !== null) disk.tracking = (await readTracking(this.imageOf(vm, disk))) ?? null;
      }
    }
    for (const name of await readdir(this.frozenDir)) {
      if (!known.has(name)) await rm(join(this.frozenDir, name), { recursive: true, force: true });
    }
  }

  /** Errors: VimFault FileNotFound for an image that somebody took away. */
  async ensureImages(vm: VmRow): Promise<void> {
    await mkdir(vm.dir, { recursive: true, mode: 0o700 });
    for (const disk of vm.disks) {
      const image = this.imageOf(vm, disk);
      if (!disk.isImageMade) await ensureImage(image, disk.capacityBytes);
      else if (!existsSync(image)) throw fileNotFound(disk.fileName);
      disk.isImageMade = true;
    }
  }

  async write(vm: VmRow, { disk, writes }: { disk: DiskRow; writes: readonly DiskBytes[] }): Promise<void> {
    await this.ensureImages(vm);
    await writeImage(this.imageOf(vm, disk), writes);
  }

  /**
   * Freezes all disks of one moment and moves the live ones on to their next sequence.
   * @returns the disks as they are in the snapshot
   */
  async freeze(vm: VmRow, snapshot: string): Promise<DiskRow[]> {
    await this.ensureImages(vm);
    const into = join(this.frozenDir, snapshot);
    const part = join(this.frozenDir, `.${snapshot}.part`);
    await rm(part, { recursive: true, force: true });
    await mkdir(part, { recursive: true, mode: 0o700 });
    return withFolderLock(vm.dir, async () => {
      const frozen: DiskRow[] = structuredClone(vm.disks);
      for (const disk of vm.disks.filter(isInSnapshots)) {
        const image = this.imageOf(vm, disk);
        await copyImage(image, join(part, `${disk.key}.img`));
        await copyIfThere(trackingFileOf(image), trackingFileOf(join(part, `${disk.key}.img`)));
      }
      await rename(part, into);
      for (const disk of vm.disks.filter(isInSnapshots)) await this.#moveOn(vm, disk);
      return frozen;
    });
  }

  /** A write between this and the moment before is in the next snapshot's changes: each has a sequence of its own. */
  async #moveOn(vm: VmRow, disk: DiskRow): Promise<void> {
    if (disk.tracking?.isActive !== true) return;
    const tracking = { ...disk.tracking, sequence: disk.tracking.sequence + 1 };
    await saveTracking(this.imageOf(vm, disk), tracking);
    disk.tracking = tracking;
  }

  /** What a stun does: tracking begins or ends as the VM's configuration wants it. */
  async applyTracking(vm: VmRow): Promise<void> {
    const changing = vm.disks.filter((disk) => {
      const isWanted = vm.isTrackingEnabled && vm.isTrackingSupported && isInSnapshots(disk);
      return isWanted !== (disk.tracking?.isActive === true);
    });
    if (changing.length === 0) return;
    await this.ensureImages(vm);
    await withFolderLock(vm.dir, async () => {
      for (const disk of changing) await this.#switchTracking(vm, disk);
    });
  }

  async #switchTracking(vm: VmRow, disk: DiskRow): Promise<void> {
    const image = this.imageOf(vm, disk);
    if (disk.tracking?.isActive === true) {
      const tracking = { ...disk.tracking, isActive: false };
      await saveTracking(image, tracking);
      disk.tracking = tracking;
    } else {
      const tracking = newTracking(vm.wasEnabledOverSnapshots);
      await beginTracking(image, tracking);
      disk.tracking = tracking;
    }
  }

  /** A new lineage, or a ctk file that cannot be read any more. */
  async damage(vm: VmRow, { disk, how }: { disk: DiskRow; how: 'file-fault' | 'new-lineage' }): Promise<void> {
    const { tracking } = disk;
    if (tracking?.isActive !== true) return;
    const image = this.imageOf(vm, disk);
    await withFolderLock(vm.dir, async () => {
      const next = how === 'file-fault' ? { ...tracking, isDamaged: true } : newTracking(tracking.isWrong);
      if (how === 'file-fault') await saveTracking(image, next);
      else await beginTracking(image, next);
      disk.tracking = next;
    });
  }

  /** Takes the live disks back to a snapshot, and their tracking with them. */
  async revert(vm: VmRow, { snapshot, disks }: { snapshot: string; disks: readonly DiskRow[] }): Promise<void> {
    await mkdir(vm.dir, { recursive: true, mode: 0o700 });
    await withFolderLock(vm.dir, async () => {
      for (const then of disks.filter(isInSnapshots)) {
        const frozen = this.frozenImageOf(snapshot, then.key);
        const image = this.imageOf(vm, then);
        await copyImage(frozen, image);
        await rm(trackingFileOf(image), { force: true });
        await copyIfThere(trackingFileOf(frozen), trackingFileOf(image));
      }
      vm.disks = vm.disks.filter((disk) => !isInSnapshots(disk)).concat(structuredClone(disks.filter(isInSnapshots)));
      vm.disks.sort((one, other) => one.key - other.key);
      for (const disk of vm.disks.filter(isInSnapshots)) await this.#moveOn(vm, disk);
    });
  }

  /** Only without snapshots, as on ESXi. What is new reads zero. */
  async grow(vm: VmRow, { disk, capacityBytes }: { disk: DiskRow; capacityBytes: number }): Promise<void> {
    await this.ensureImages(vm);
    await withFolderLock(vm.dir, () => truncate(this.imageOf(vm, disk), capacityBytes));
    disk.capacityBytes = capacityBytes;
  }

  /** The folder of a removed snapshot goes, once its hashes are known. */
  async thaw(snapshot: string): Promise<void> {
    for (const path of this.#scanned.keys()) if (path.includes(`/${snapshot}/`)) this.#scanned.delete(path);
    await this.#oracle.retire(snapshot);
  }

  /** Sequence of the last write of each block at the time of the snapshot. */
  async marksOf(snapshot: string, deviceKey: number): Promise<Uint32Array> {
    try {
      return await readMarks(trackingFileOf(this.frozenImageOf(snapshot, deviceKey)));
    } catch (thrown) {
      if (isMissing(thrown)) return new Uint32Array();
      throw thrown;
    }
  }

  /** 1 for each block of a frozen disk that holds data. */
  dataOf(snapshot: string, disk: DiskRow): Promise<Uint8Array> {
    const path = this.frozenImageOf(snapshot, disk.key);
    const known = this.#scanned.get(path) ?? scanData(path, disk.capacityBytes);
    this.#scanned.set(path, known);
    return known;
  }
}

async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to);
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown;
    return;
  }
  const file = await open(to, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
