import { execFile } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { VolumeRow, World } from './world.ts';

/**
 * Where the simulated cloud keeps bytes: a sparse file for each volume that has storage, for each snapshot of a volume,
 * and for each volume of a VM snapshot.
 */

export class Storage {
  readonly #volumeDir: string;
  readonly #snapshotDir: string;
  /** Ends the copies that are under way. */
  readonly #ending = new AbortController();

  constructor(dir: string) {
    this.#volumeDir = join(dir, 'volumes');
    this.#snapshotDir = join(dir, 'snapshots');
    for (const folder of [this.#volumeDir, this.#snapshotDir]) mkdirSync(folder, { recursive: true });
  }

  pathOf(volumeId: string): string {
    return join(this.#volumeDir, `${volumeId}.raw`);
  }

  snapshotPathOf(snapshotId: string): string {
    return join(this.#snapshotDir, `${snapshotId}.raw`);
  }

  /** New storage of a volume: all zero, whatever a crash has left there. */
  create(volume: VolumeRow): void {
    rmSync(this.pathOf(volume.id), { force: true });
    this.resize(volume.id, volume.sizeBytes);
  }

  resize(volumeId: string, sizeBytes: number): void {
    const file = openSync(this.pathOf(volumeId), 'a', 0o600);
    try {
      ftruncateSync(file, sizeBytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  remove(volumeId: string): void {
    rmSync(this.pathOf(volumeId), { force: true });
  }

  removeSnapshot(snapshotId: string): void {
    rmSync(this.snapshotPathOf(snapshotId), { force: true });
  }

  /** The bytes that the volume has now. */
  async takeSnapshot(volumeId: string, snapshotId: string): Promise<void> {
    await this.#copy(this.pathOf(volumeId), this.snapshotPathOf(snapshotId));
  }

  /** A copy of a snapshot beside the volume; `useCopy` puts it in its place, which is a moment and not a while. */
  async copyBack(snapshotId: string, volumeId: string): Promise<void> {
    await this.#copy(this.snapshotPathOf(snapshotId), copyOf(this.pathOf(volumeId)));
  }

  /** Whoever has the old file open goes on with the old bytes, which nobody else sees. */
  useCopy(volumeId: string): void {
    const path = this.pathOf(volumeId);
    renameSync(copyOf(path), path);
  }

  /** Makes sure that a volume that comes with the world has its file. */
  ensure(volume: VolumeRow): void {
    if (!existsSync(this.pathOf(volume.id))) this.create(volume);
  }

  /** After a restart: what the world does not know of is removed. */
  reconcile(world: World): void {
    for (const volume of world.volumes) {
      if (volume.type === 'ROOT' && world.omaVmIds.some((vmId) => vmId === volume.vmId)) this.ensure(volume);
    }
    keepOnly(this.#volumeDir, new Set(world.volumes.map((row) => `${row.id}.raw`)));
    for (const { id, sizeBytes } of world.volumes) {
      const size = statSync(this.pathOf(id), { throwIfNoEntry: false })?.size;
      // A resize or a revert that a crash has cut short is told as failed: the size is the old one.
      if (size !== undefined && size !== sizeBytes) this.resize(id, sizeBytes);
    }
    const parts = world.vmSnapshots.flatMap((row) => world.volumes.map((volume) => partOf(row.id, volume.id)));
    keepOnly(
      this.#snapshotDir,
      new Set([...world.snapshots.map((row) => row.id), ...parts].map((name) => `${name}.raw`)),
    );
  }

  /** Ends copies; their jobs fail, and are without effect. */
  close(): void {
    this.#ending.abort();
  }

  /** A reflink where the file system can, else a copy of the data alone. The copy appears whole. */
  async #copy(from: string, to: string): Promise<void> {
    const part = `${to}.part`;
    const { signal } = this.#ending;
    await promisify(execFile)('cp', ['--reflink=auto', '--sparse=always', '--', from, part], { signal });
    flush(part);
    renameSync(part, to);
  }
}

const copyOf = (path: string): string => `${path}.copy`;

/** The name under which a VM snapshot keeps the bytes of one volume. */
export const partOf = (vmSnapshotId: string, volumeId: string): string => `${vmSnapshotId}.${volumeId}`;

function keepOnly(folder: string, names: ReadonlySet<string>): void {
  for (const name of readdirSync(folder)) {
    if (!names.has(name)) rmSync(join(folder, name), { force: true });
  }
}

function flush(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
