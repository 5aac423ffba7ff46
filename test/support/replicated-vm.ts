import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KiB, MiB } from '../../src/base/units.ts';
import { noise, sha256OfFile, writeImage } from './nbd-servers.ts';
import type { ReplicationStand } from './replication-stand.ts';
import { writeAt } from './vma-stand.ts';

/** The larger of its two disks has two areas in use with a hole between; the other ends in half a sector group. */
const IMAGES = [
  {
    file: 'a.img',
    bytes: 6 * MiB,
    used: [
      { offset: 0, length: MiB },
      { offset: 3 * MiB, length: 2 * MiB + 8 * KiB },
    ],
  },
  {
    file: 'b.img',
    bytes: 3 * MiB + 512,
    used: [
      { offset: 512 * KiB, length: 256 * KiB },
      { offset: 3 * MiB - 512, length: 1024 },
    ],
  },
] as const;

export interface DiskRow {
  readonly id: number;
  readonly disk_id: string;
  readonly disk_change_id: string | null;
  readonly dirty_since: Date | null;
  readonly target_generation: number;
  readonly committed_generation: number | null;
  readonly last_sync_mode: string | null;
}

/** What a replication must leave behind nowhere but in the target. */
export interface Leftovers {
  readonly sessions: number;
  readonly exports: number;
  readonly currentJob: string | null;
  readonly activeJobs: number;
}

/** A VM of the stand's folder, as a test writes to it, and its replica. */
export class ReplicatedVm {
  readonly name: string;
  readonly #stand: ReplicationStand;
  readonly #body: object;

  private constructor(stand: ReplicationStand, name: string, body: object) {
    this.#stand = stand;
    this.name = name;
    this.#body = body;
  }

  static async make(stand: ReplicationStand): Promise<ReplicatedVm> {
    const name = `vm-${randomUUID().slice(0, 8)}`;
    const folder = join(stand.root, name);
    await mkdir(folder);
    for (const image of IMAGES) await writeImage(join(folder, image.file), image.bytes, image.used);
    const found = await stand.vma.folderVm(name);
    const disks = found.disks.map((disk) => ({
      id: disk.disk_id,
      path: disk.file,
      capacity_bytes: disk.capacity_bytes,
      unit_number: disk.unit_number,
    }));
    const vm = { id: found.uuid, name, path: `/vms/${name}`, datacenter: 'vms', disks };
    return new ReplicatedVm(stand, name, { source_vm: vm, vcenter_host: 'folder', datacenter: 'vms' });
  }

  /** What describes it to the API. */
  request(): object {
    return this.#body;
  }

  /** Asks for a replication. @returns the id of the job */
  submit(more: object = {}): Promise<string> {
    return this.#stand.submit({ ...this.#body, ...more });
  }

  /** Writes new bytes, or zeros, into the image of a disk. */
  async write(disk: number, at: { offset: number; length: number }, bytes?: 'zeros'): Promise<void> {
    const content = bytes === 'zeros' ? Buffer.alloc(at.length) : noise(at.length, Date.now());
    await writeAt(this.imagePath(disk), at.offset, content);
  }

  /** One line per disk: the hash of the source, and of as many bytes of the target. */
  async hashes(): Promise<{ source: string[]; target: string[] }> {
    const paths = await this.targetPaths();
    return {
      source: await Promise.all(IMAGES.map((_image, disk) => sha256OfFile(this.imagePath(disk)))),
      target: await Promise.all(
        IMAGES.map((image, disk) => {
          const path = paths[disk];
          return path === undefined ? Promise.resolve('none') : sha256OfFile(path, image.bytes);
        }),
      ),
    };
  }

  /** Of its disks, in bytes. */
  lengths(): number[] {
    return IMAGES.map(({ bytes }) => bytes);
  }

  /** The file behind the volume of each disk. */
  async targetPaths(): Promise<string[]> {
    const ids = await this.#stand
      .db('vm_disks as disk')
      .join('ossea_volumes as volume', 'volume.id', 'disk.ossea_volume_id')
      .where('disk.vm_context_id', await this.contextId())
      .orderBy('disk.disk_id')
      .pluck<string[]>('volume.volume_id');
    return ids.map((id) => this.#stand.cloud.simulator.volumePath(id));
  }

  async contextId(): Promise<string> {
    const [id] = await this.#stand
      .db('vm_replication_contexts')
      .where({ vm_name: this.name })
      .pluck<string[]>('context_id');
    return id ?? '';
  }

  disks(): Promise<DiskRow[]> {
    return this.contextId().then((id) =>
      this.#stand.db('vm_disks').where({ vm_context_id: id }).orderBy('disk_id').select<DiskRow[]>('*'),
    );
  }

  /** Names of the volumes of this VM in the cloud, whoever knows them. */
  async cloudVolumes(): Promise<string[]> {
    const id = await this.contextId();
    return this.#stand.cloud.simulator.world.volumes.map(({ name }) => name).filter((name) => name.includes(id));
  }

  async leftovers(): Promise<Leftovers> {
    const { db, vma } = this.#stand;
    const id = await this.contextId();
    const sessions = (await vma.listSessions()).filter((session) => session.vm === this.name);
    const exports = await db('nbd_exports').select('status');
    const [context] = await db('vm_replication_contexts')
      .where({ context_id: id })
      .select<{ current_job_id: string | null }[]>('current_job_id');
    const active = await db('job_tracking').where({ active_context_id: id }).select('id');
    return {
      sessions: sessions.length,
      exports: exports.length,
      currentJob: context?.current_job_id ?? null,
      activeJobs: active.length,
    };
  }

  imagePath(disk: number): string {
    return join(this.#stand.root, this.name, IMAGES[disk]?.file ?? '');
  }
}
