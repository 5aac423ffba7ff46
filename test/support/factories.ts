import { randomBytes, randomUUID } from 'node:crypto';
import { Secret } from '../../src/config/secrets.ts';
import type { Knex } from '../../src/db/knex.ts';
import { SecretBox } from '../../src/db/secret-box.ts';
import { saveOsseaConfig } from '../../src/db/stores/ossea-config-record-store.ts';
import type { OsseaConfigValues } from '../../src/db/stores/ossea-config-store.ts';

/**
 * Rows with valid defaults: a test states only what it is about. Each function writes one row and gives back the
 * columns that it wrote, as the database names them, with the id.
 */

type Columns = Record<string, unknown>;

const GIB = 1024 ** 3;
const suffix = (): string => randomBytes(3).toString('hex');

export async function makeContext(db: Knex, columns: Columns = {}): Promise<Columns & { context_id: string }> {
  const name = `vm-${suffix()}`;
  const row = {
    context_id: randomUUID(),
    vm_name: name,
    vmware_vm_id: randomUUID(),
    vm_path: `/DC1/vm/${name}`,
    vcenter_host: 'vcenter.example',
    datacenter: 'DC1',
    ...columns,
  };
  await db('vm_replication_contexts').insert(row);
  return row;
}

/** The domain row only; the ledger's row of the same id is `makeJob`. */
export async function makeReplicationJob(
  db: Knex,
  contextId: string,
  columns: Columns = {},
): Promise<Columns & { id: string }> {
  const row = {
    id: `job-20261122-120000.000-${suffix()}`,
    vm_context_id: contextId,
    source_vm_id: randomUUID(),
    source_vm_name: 'vm',
    source_vm_path: '/DC1/vm/vm',
    vcenter_host: 'vcenter.example',
    datacenter: 'DC1',
    replication_type: 'initial',
    ...columns,
  };
  await db('replication_jobs').insert(row);
  return row;
}

/** A row of the ledger: by default a queued root job of no context. */
export async function makeJob(db: Knex, columns: Columns = {}): Promise<Columns & { id: string }> {
  const row = {
    id: `job-20261122-120000.000-${suffix()}`,
    job_type: 'migration',
    job_category: 'replication',
    operation: 'replicate',
    queue: 'replicate',
    payload: '{}',
    ...columns,
  };
  await db('job_tracking').insert(row);
  return row;
}

export async function makeVolume(
  db: Knex,
  columns: Columns = {},
): Promise<Columns & { id: number; volume_id: string }> {
  const row = {
    volume_id: randomUUID(),
    name: `migration-vm-${suffix()}-disk-0`,
    size_gb: 1,
    size_bytes: GIB,
    state: 'attached',
    ...columns,
  };
  const [id] = await db('ossea_volumes').insert(row);
  return { ...row, id: Number(id) };
}

/** A volume attached to an OMA VM, with its device. */
export async function makeMapping(
  db: Knex,
  columns: Columns & { readonly volume_uuid: string; readonly vm_id: string },
): Promise<void> {
  await db('device_mappings').insert({
    id: randomUUID(),
    operation_mode: 'oma',
    requires_device_correlation: true,
    device_path: '/dev/vdb',
    cloudstack_state: 'attached',
    linux_state: 'detected',
    size: GIB,
    last_sync: db.fn.now(),
    ...columns,
  });
}

export interface DiskOwner {
  readonly contextId: string;
  readonly jobId: string;
}

export async function makeDisk(
  db: Knex,
  { contextId, jobId }: DiskOwner,
  columns: Columns = {},
): Promise<Columns & { id: number; disk_id: string }> {
  const row = {
    job_id: jobId,
    vm_context_id: contextId,
    disk_id: 'disk-2000',
    vmdk_path: '[datastore1] vm/vm.vmdk',
    size_gb: 1,
    capacity_bytes: GIB,
    ...columns,
  };
  const [id] = await db('vm_disks').insert(row);
  return { ...row, id: Number(id) };
}

/** A box under a key of its own: what it seals opens only with the same box. */
export function makeSecretBox(): SecretBox {
  return new SecretBox(new Secret(randomBytes(32)));
}

/** Saves and activates a CloudStack configuration; returns its id. */
export function makeOsseaConfig(db: Knex, box: SecretBox, values: Partial<OsseaConfigValues> = {}): Promise<number> {
  return saveOsseaConfig(db, box, {
    name: 'lab',
    apiUrl: 'http://127.0.0.1:8080/client/api',
    apiKey: new Secret('test-api-key'),
    secretKey: new Secret('test-secret-key'),
    zone: randomUUID(),
    domain: null,
    templateId: randomUUID(),
    networkId: randomUUID(),
    serviceOfferingId: randomUUID(),
    diskOfferingId: randomUUID(),
    omaVmId: randomUUID(),
    ...values,
  });
}

/** An OMA VM of the configuration that was made first, whose volume daemon was heard of just now. */
export async function makeOmaVm(db: Knex, columns: Record<string, unknown> & { vm_id: string }): Promise<void> {
  await db('oma_vms').insert({
    ossea_config_id: db('ossea_configs').min('id'),
    name: columns.vm_id,
    volume_daemon_url: 'http://127.0.0.1:8090',
    zone_id: 'zone',
    slots: 22,
    last_seen_at: db.fn.now(6),
    ...columns,
  });
}
