import { randomUUID } from 'node:crypto';
import { Secret } from '../../src/config/secrets.ts';
import { toConfig } from '../../src/config/config.ts';
import { readEnv } from '../../src/config/env.ts';
import { openSecretBox } from '../../src/db/secret-box.ts';
import { inTransaction } from '../../src/db/knex.ts';
import { insertCredential } from '../../src/db/stores/vmware-credential-store.ts';
import type { JobRecord } from '../../src/db/stores/job-rows.ts';
import type { Control } from '../../src/lab/vcenter/control/control.ts';
import type { VmSettings } from '../../src/lab/vcenter/machine.ts';
import type { SimulatorSettings } from '../../src/lab/vcenter/simulator.ts';
import { sha256OfFile } from './nbd-servers.ts';
import { openReplicationStand, type ReplicationStand, type WorkerChange } from './replication-stand.ts';
import { TestVcenter } from './vcenter.ts';

/** A stand for replications whose VMA has its VMs from our simulated vCenter. */
export interface VsphereStand extends AsyncDisposable {
  readonly stand: ReplicationStand;
  readonly vcenter: TestVcenter;
  readonly control: Control;
  readonly credentialId: number;
}

const QUICK = { taskPollMs: 5, removalRetryMs: 50, watchMs: 200 };

export async function openVsphereStand(
  settings: Readonly<Record<string, string>> = {},
  simulator: Omit<SimulatorSettings, 'dir'> = {},
  cloud: Parameters<typeof openReplicationStand>[2] = {},
): Promise<VsphereStand> {
  await using stack = new AsyncDisposableStack();
  const vcenter = stack.use(await TestVcenter.start({ taskDelayMs: 1, ...simulator }));
  const stand = stack.use(
    await openReplicationStand(
      {
        MIGRATEKIT_VMA_FROZEN_DIR: vcenter.simulator.frozenDir,
        MIGRATEKIT_VCENTER_CLOCK_SKEW_S: '0',
        ...settings,
      },
      { ...QUICK, clock: cloud.clock },
      cloud,
    ),
  );
  const { url, username, password, thumbprint } = vcenter.simulator;
  const box = openSecretBox(toConfig(readEnv(stand.env)));
  const values = { credentialName: 'simulator', vcenterHost: url, username, datacenter: 'Lab', createdBy: 'test' };
  const trust = { vcenterThumbprint: thumbprint, vcenterCa: null, isActive: true };
  const secret = { password: new Secret(password.reveal()) };
  const credentialId = await inTransaction(stand.db, (trx) =>
    insertCredential(trx, box, { ...values, ...trust, ...secret }),
  );
  const owned = stack.move();
  return {
    stand,
    vcenter,
    credentialId,
    get control() {
      return vcenter.simulator.control;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export interface VsphereDiskRow {
  readonly id: number;
  readonly disk_id: string;
  readonly ossea_volume_id: number | null;
  readonly disk_change_id: string | null;
  readonly target_generation: number;
  readonly committed_generation: number | null;
  readonly last_sync_mode: string | null;
  readonly last_full_reason: string | null;
  readonly verify_reason: string | null;
  readonly verified_at: Date | null;
  readonly dirty_since: Date | null;
  readonly sync_status: string;
}

/** A VM of the simulated vCenter and its replica. */
export class VsphereVm {
  readonly name: string;
  readonly #of: VsphereStand;

  private constructor(of: VsphereStand, name: string) {
    this.#of = of;
    this.name = name;
  }

  /** @param sizes of its disks, in bytes: disk-2000, disk-2001, ... */
  static make(of: VsphereStand, sizes: readonly number[]): VsphereVm {
    return VsphereVm.makeSo(of, { disks: sizes.map((capacityBytes) => ({ capacityBytes })) });
  }

  static makeSo(of: VsphereStand, settings: Omit<VmSettings, 'name'>): VsphereVm {
    const name = `vm-${randomUUID().slice(0, 8)}`;
    of.control.addVm({ name, ...settings });
    return new VsphereVm(of, name);
  }

  /** Asks for a replication of the disks that it has now. @returns the id of the job */
  submit(more: object = {}): Promise<string> {
    const { biosUuid, disks, firmware, isSecureBoot } = this.#of.control.vm(this.name);
    const vm = {
      ...{ firmware, secure_boot: isSecureBoot },
      id: biosUuid,
      name: this.name,
      path: `/Lab/vm/${this.name}`,
      datacenter: 'Lab',
      disks: disks.map((disk) => ({
        id: `disk-${disk.key}`,
        path: disk.fileName,
        capacity_bytes: disk.capacityBytes,
        unit_number: disk.unitNumber,
      })),
    };
    const body = { source_vm: vm, vcenter_host: this.#of.vcenter.simulator.url, datacenter: 'Lab' };
    return this.#of.stand.submit({ ...body, ...more });
  }

  /** One cycle, by a worker in this process. */
  async replicate(more: object = {}, change: WorkerChange = {}): Promise<JobRecord> {
    const { stand } = this.#of;
    return stand.withWorker(async () => stand.ended(await this.submit(more)), change);
  }

  write(key: number, offset: number, bytes: Uint8Array): Promise<void> {
    return this.#of.control.write(this.name, key, [{ offset, bytes }]);
  }

  /** Disks of the last commit whose target is not what the vCenter says its snapshot held. */
  async wrongDisks(): Promise<string[]> {
    const wrong: string[] = [];
    for (const { diskId, key, snapshot, path } of await this.#committed()) {
      const capacityBytes = this.#of.control.disk(this.name, key).capacityBytes;
      const [held, has] = await Promise.all([
        this.#of.control.hashOf(snapshot, key),
        sha256OfFile(path, capacityBytes),
      ]);
      if (held !== has) wrong.push(diskId);
    }
    return wrong;
  }

  /** Disks of the last commit whose target is not what the disk of the source holds now. */
  async behind(): Promise<string[]> {
    const behind: string[] = [];
    for (const { diskId, key, path } of await this.#committed()) {
      const { capacityBytes } = this.#of.control.disk(this.name, key);
      const source = this.#of.control.imageOf(this.name, key);
      const [holds, has] = await Promise.all([source, path].map((file) => sha256OfFile(file, capacityBytes)));
      if (holds !== has) behind.push(diskId);
    }
    return behind;
  }

  async #committed(): Promise<{ diskId: string; key: number; snapshot: string; path: string }[]> {
    const { db, cloud } = this.#of.stand;
    const rows = await db('vm_disks as disk')
      .join('vm_replication_contexts as context', 'context.context_id', 'disk.vm_context_id')
      .join('ossea_volumes as volume', 'volume.id', 'disk.ossea_volume_id')
      .where('context.vm_name', this.name)
      .whereRaw('disk.commit_job_id = context.commit_job_id')
      .select<{ disk_id: string; key: number; snapshot: string; volume: string }[]>({
        disk_id: 'disk.disk_id',
        key: 'disk.commit_device_key',
        snapshot: 'context.commit_snapshot_ref',
        volume: 'volume.volume_id',
      });
    if (rows.length === 0) throw new Error(`${this.name} has no commit`);
    return rows.map(({ disk_id: diskId, key, snapshot, volume }) => {
      return { diskId, key, snapshot, path: cloud.simulator.volumePath(volume) };
    });
  }

  /** Of its disks, in bytes. */
  lengths(): number[] {
    return this.#of.control.vm(this.name).disks.map(({ capacityBytes }) => capacityBytes);
  }

  /** Files behind the volumes of its disks, in the order of these. */
  async targetPaths(): Promise<string[]> {
    const ids = await this.#of.stand
      .db('vm_disks as disk')
      .join('ossea_volumes as volume', 'volume.id', 'disk.ossea_volume_id')
      .where('disk.vm_context_id', await this.contextId())
      .orderBy('disk.disk_id')
      .pluck<string[]>('volume.volume_id');
    return ids.map((id) => this.#of.stand.cloud.simulator.volumePath(id));
  }

  async contextId(): Promise<string> {
    const [id] = await this.#of.stand
      .db('vm_replication_contexts')
      .where({ vm_name: this.name })
      .pluck<string[]>('context_id');
    return id ?? '';
  }

  async disks(): Promise<VsphereDiskRow[]> {
    return this.#of.stand
      .db('vm_disks')
      .where({ vm_context_id: await this.contextId() })
      .orderBy('disk_id')
      .select<VsphereDiskRow[]>('*');
  }

  /** Snapshots of the VM that are ours. */
  leftSnapshots(): string[] {
    const { snapshots } = this.#of.control.vm(this.name);
    return snapshots.filter(({ description }) => description.startsWith('migratekit/')).map(({ id }) => id);
  }
}
