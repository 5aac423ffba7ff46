import { mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isMissing } from './durable-file.ts';
import type { VolumeRow, World } from './world.ts';

/**
 * What the guests of the appliances see of their disks: one folder for each OMA VM, as /dev/disk/by-id is there, with a
 * link for each volume that is attached, named as udev would name the virtio disk.
 * Source: LibvirtComputingResource.diskUuidToSerial: the first 20 characters of the uuid without hyphens.
 */

export const serialOf = (volumeId: string): string => volumeId.replaceAll('-', '').slice(0, 20);

const linkNameOf = (volumeId: string): string => `virtio-${serialOf(volumeId)}`;

/** What a link points to. */
export interface Carrier {
  /** Disks stay when the server stops, as they do in a real guest. */
  readonly outlivesServer: boolean;
  /** The path of the disk for a file with the bytes of a volume, made where there is none. */
  open(file: string): string;
  /** What was written to the disk is in the file. */
  flush(file: string): void;
  /** The file has another size. */
  resized(file: string): void;
  /** The disk goes away; without effect where there is none. */
  close(file: string): void;
  /** Frees what is left of files that are none of these. */
  keepOnly(files: ReadonlySet<string>): void;
}

/** The file itself is the disk. */
export const plainFiles: Carrier = {
  outlivesServer: true,
  open: (file) => file,
  flush: () => undefined,
  resized: () => undefined,
  close: () => undefined,
  keepOnly: () => undefined,
};

export interface DeviceSettings {
  readonly dir: string;
  /** How long after an attach the device appears. */
  readonly delayMs: number;
  readonly carrier: Carrier;
  readonly fileOf: (volumeId: string) => string;
}

export class Devices {
  readonly #settings: DeviceSettings;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(settings: DeviceSettings) {
    this.#settings = settings;
  }

  /** The first has the plain name. */
  dirOf(world: World, vmId: string): string {
    const index = Math.max(0, world.omaVmIds.indexOf(vmId));
    return join(this.#settings.dir, index === 0 ? 'devices' : `devices-${index + 1}`);
  }

  /** In the folder of the appliance that has the volume, or of the first one. */
  linkOf(world: World, volumeId: string): string {
    const volume = world.volumes.find((row) => row.id === volumeId);
    return join(this.dirOf(world, volume?.vmId ?? ''), linkNameOf(volumeId));
  }

  /** The guest notices the disk; a moment after the cloud has said that it is attached. */
  plug(world: World, volume: VolumeRow): void {
    if (!isPlugged(world, volume)) return;
    clearTimeout(this.#timers.get(volume.id));
    const timer = setTimeout(() => {
      this.#timers.delete(volume.id);
      if (isPlugged(world, volume)) this.#link(world, volume.id);
    }, this.#settings.delayMs);
    this.#timers.set(volume.id, timer);
  }

  unplug(world: World, volumeId: string): void {
    clearTimeout(this.#timers.get(volumeId));
    this.#timers.delete(volumeId);
    for (const vmId of world.omaVmIds) rmSync(join(this.dirOf(world, vmId), linkNameOf(volumeId)), { force: true });
    this.#settings.carrier.close(this.#settings.fileOf(volumeId));
  }

  flush(volumeId: string): void {
    this.#settings.carrier.flush(this.#settings.fileOf(volumeId));
  }

  /** A disk that is in use gets its new size at once. */
  resized(volumeId: string): void {
    this.#settings.carrier.resized(this.#settings.fileOf(volumeId));
  }

  /** After a restart: links are made to fit what the world says. */
  reconcile(world: World): void {
    const { carrier, fileOf } = this.#settings;
    const plugged = world.volumes.filter((volume) => isPlugged(world, volume));
    carrier.keepOnly(new Set(plugged.map((volume) => fileOf(volume.id))));
    for (const vmId of world.omaVmIds) {
      const folder = this.dirOf(world, vmId);
      mkdirSync(folder, { recursive: true });
      const here = plugged.filter((volume) => volume.vmId === vmId);
      const names = new Set(here.map((volume) => linkNameOf(volume.id)));
      for (const name of readdirSync(folder)) {
        if (!names.has(name)) rmSync(join(folder, name), { force: true });
      }
      for (const volume of here) this.#link(world, volume.id);
    }
  }

  /** Stops waiting; what was to be plugged is plugged by the next start. */
  close(world: World): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    if (this.#settings.carrier.outlivesServer) return;
    for (const volume of world.volumes) this.unplug(world, volume.id);
  }

  #link(world: World, volumeId: string): void {
    const link = this.linkOf(world, volumeId);
    const target = this.#settings.carrier.open(this.#settings.fileOf(volumeId));
    if (targetOf(link) === target) return;
    rmSync(link, { force: true });
    symlinkSync(target, link);
  }
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}

/** True for a data volume with storage at a running OMA VM; the root disk of an OMA is nobody's business. */
const isPlugged = (world: World, volume: VolumeRow): boolean =>
  volume.vmId !== null &&
  world.omaVmIds.includes(volume.vmId) &&
  world.vms.some((vm) => vm.id === volume.vmId && vm.state === 'Running') &&
  volume.state !== 'Allocated' &&
  volume.type === 'DATADISK';
