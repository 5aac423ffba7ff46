import {
  closeSync,
  ftruncateSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import type { VolumeRow, World } from './world.ts';

/**
 * Where the simulated cloud keeps bytes: a sparse file for each volume that has storage, and in the device folder a
 * link for each volume that is attached to the OMA VM, named as udev would name the virtio disk.
 * Source: LibvirtComputingResource.diskUuidToSerial: the first 20 characters of the uuid without hyphens.
 */

export const serialOf = (volumeId: string): string => volumeId.replaceAll('-', '').slice(0, 20);

export class Storage {
  readonly deviceDir: string;
  readonly #volumeDir: string;
  readonly #deviceDelayMs: number;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(dir: string, { deviceDelayMs }: { readonly deviceDelayMs: number }) {
    this.#volumeDir = join(dir, 'volumes');
    this.deviceDir = join(dir, 'devices');
    this.#deviceDelayMs = deviceDelayMs;
    mkdirSync(this.#volumeDir, { recursive: true });
    mkdirSync(this.deviceDir, { recursive: true });
  }

  pathOf(volumeId: string): string {
    return join(this.#volumeDir, `${volumeId}.raw`);
  }

  linkOf(volumeId: string): string {
    return join(this.deviceDir, `virtio-${serialOf(volumeId)}`);
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

  /** The guest notices the disk; a moment after the cloud has said that it is attached. */
  plug(volumeId: string): void {
    const timer = setTimeout(() => {
      this.#timers.delete(volumeId);
      this.#link(volumeId);
    }, this.#deviceDelayMs);
    this.#timers.set(volumeId, timer);
  }

  unplug(volumeId: string): void {
    clearTimeout(this.#timers.get(volumeId));
    this.#timers.delete(volumeId);
    rmSync(this.linkOf(volumeId), { force: true });
  }

  /** After a restart: files and links are made to fit what the world says. */
  reconcile(world: World): void {
    const stored = new Set(world.volumes.map((volume) => `${volume.id}.raw`));
    for (const name of readdirSync(this.#volumeDir)) {
      if (!stored.has(name)) rmSync(join(this.#volumeDir, name), { force: true });
    }
    const plugged = world.volumes.filter((volume) => isPlugged(world, volume));
    const links = new Set(plugged.map((volume) => `virtio-${serialOf(volume.id)}`));
    for (const name of readdirSync(this.deviceDir)) {
      if (!links.has(name)) rmSync(join(this.deviceDir, name), { force: true });
    }
    for (const volume of plugged) this.#link(volume.id);
  }

  /** Stops waiting; what was to be plugged is plugged by the next start. */
  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #link(volumeId: string): void {
    const link = this.linkOf(volumeId);
    if (lstatSync(link, { throwIfNoEntry: false }) === undefined) symlinkSync(this.pathOf(volumeId), link);
  }
}

/** True for a data volume with storage at the OMA VM; the root disk of the OMA is nobody's business. */
export const isPlugged = (world: World, volume: VolumeRow): boolean =>
  volume.vmId === world.omaVmId && volume.state === 'Ready' && volume.type === 'DATADISK';
