import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KiB, MiB } from '../../src/base/units.ts';
import { toConfig } from '../../src/config/config.ts';
import { readEnv } from '../../src/config/env.ts';
import type { Knex } from '../../src/db/knex.ts';
import { SecretBox } from '../../src/db/secret-box.ts';
import { attachVolumeProcessor } from '../../src/processors/attach-volume/index.ts';
import { catalogue } from '../../src/queues/catalogue.ts';
import { openCloudFrom, type OpenCloud } from '../../src/volumes/cloud.ts';
import { startVolumeDaemon, type VolumeDaemon } from '../../src/volumes/daemon.ts';
import { noise, sha256OfFile, writeImage } from './nbd-servers.ts';
import type { ReplicationStand } from './replication-stand.ts';
import { writeAt } from './vma-stand.ts';

/** A volume daemon for a further OMA VM of the stand's cloud, with devices and a qemu-storage-daemon of its own. */
export async function startOmaVm(stand: ReplicationStand, vmId: string): Promise<VolumeDaemon> {
  const place = stand.cloud.simulator.ids.omaVms.indexOf(vmId);
  const { MIGRATEKIT_RUN_DIR: runDir = '' } = stand.env;
  const config = toConfig(
    readEnv({
      ...stand.env,
      MIGRATEKIT_OMA_VM_ID: vmId,
      MIGRATEKIT_RUN_DIR: `${runDir}${place}`,
      MIGRATEKIT_DEVICE_DIR: stand.cloud.simulator.deviceDirs[vmId] ?? '',
      MIGRATEKIT_VOLUME_DAEMON_PORT: '0',
    }),
  );
  const box = new SecretBox(config.secretsKey);
  const openCloud = (db: Knex): OpenCloud => openCloudFrom(db, box, { pollMs: config.volumeDaemon.cloudPollMs });
  return startVolumeDaemon({
    config,
    catalogue,
    openCloud,
    processor: ({ db, volumes }) => attachVolumeProcessor({ volumes, openCloud: openCloud(db) }),
  });
}

const DISK_BYTES = MiB;

/** A small VM of the stand's folder with as many disks as wanted, each with bytes of its own. */
export class SmallVm {
  readonly name: string;
  readonly #stand: ReplicationStand;
  readonly #disks: number;

  private constructor(stand: ReplicationStand, name: string, disks: number) {
    this.#stand = stand;
    this.name = name;
    this.#disks = disks;
  }

  static async make(stand: ReplicationStand, name: string, disks: number): Promise<SmallVm> {
    const vm = new SmallVm(stand, name, disks);
    await mkdir(join(stand.root, name));
    for (const disk of vm.#places()) {
      await writeImage(vm.#image(disk), DISK_BYTES, [{ offset: 64 * KiB, length: 128 * KiB }]);
      await vm.write(disk);
    }
    return vm;
  }

  /** New bytes, which no other disk has. */
  async write(disk: number): Promise<void> {
    await writeAt(this.#image(disk), 64 * KiB, noise(16 * KiB, Math.floor(Math.random() * 2 ** 31)));
  }

  async submit(): Promise<string> {
    const found = await this.#stand.vma.folderVm(this.name);
    const disks = found.disks.map((disk) => ({
      id: disk.disk_id,
      path: disk.file,
      capacity_bytes: disk.capacity_bytes,
      unit_number: disk.unit_number,
    }));
    const vm = { id: found.uuid, name: this.name, path: `/vms/${this.name}`, datacenter: 'vms', disks };
    return this.#stand.submit({ source_vm: vm, vcenter_host: 'folder', datacenter: 'vms' });
  }

  /** Of each disk: of its image, and of as many bytes of the volume that the cloud keeps for it. */
  async hashes(): Promise<{ source: string[]; target: string[] }> {
    const volumeIds = await this.volumeIds();
    const target = volumeIds.map((id) => sha256OfFile(this.#stand.cloud.simulator.volumePath(id), DISK_BYTES));
    return {
      source: await Promise.all(this.#places().map((disk) => sha256OfFile(this.#image(disk)))),
      target: await Promise.all(target),
    };
  }

  /** In the order of the disks. */
  volumeIds(): Promise<string[]> {
    return this.#stand
      .db('vm_disks as disk')
      .join('ossea_volumes as volume', 'volume.id', 'disk.ossea_volume_id')
      .join('vm_replication_contexts as vm', 'vm.context_id', 'disk.vm_context_id')
      .where('vm.vm_name', this.name)
      .orderBy('disk.disk_id')
      .pluck<string[]>('volume.volume_id');
  }

  #places(): number[] {
    return Array.from({ length: this.#disks }, (_none, index) => index);
  }

  #image(disk: number): string {
    return join(this.#stand.root, this.name, `${String.fromCharCode(97 + disk)}.img`);
  }
}
