import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { contextId } from '../../domain/context-id.ts';
import type { KnownVm, Vcenter } from '../../domain/discovery/judge.ts';
import type { SourceVm } from '../../domain/source-vm.ts';
import { change, changeEach, insertAll, places, select } from '../sql.ts';
import { toldCells } from './context-store.ts';

/** What discovery reads and writes of vm_replication_contexts: a fixed number of statements, whatever the number of VMs. */

/** Every VM that is known of this vCenter, by its address or by its own uuid. */
export function knownVms(db: Knex, vcenter: Vcenter): Promise<KnownVm[]> {
  return select<KnownVm>(
    db,
    `SELECT context_id AS contextId, vm_name AS vmName, vm_path AS vmPath, vcenter_host AS vcenterHost,
            vmware_vm_id AS vmwareVmId, instance_uuid AS instanceUuid, vcenter_instance_uuid AS vcenterInstanceUuid
       FROM vm_replication_contexts WHERE vcenter_host = ? OR vcenter_instance_uuid = ? ORDER BY context_id`,
    [vcenter.host, vcenter.instanceUuid],
  );
}

/** A VM with all that its context remembers. */
export interface DiscoveredVm {
  readonly instanceUuid: string;
  readonly vm: SourceVm;
}

export interface AddedWith {
  readonly vcenter: Vcenter;
  /** Where the VM itself does not say. */
  readonly datacenter: string;
  /** The account that found it; null: none that is stored. */
  readonly credentialId: number | null;
}

/**
 * Adds VMs as discovered, for the newest active target cloud, or for none where none is active.
 * @returns their ids, in the order of `vms`
 * @throws conflict `db.duplicate`: one of them became known meanwhile
 */
export async function insertDiscovered(
  trx: Knex.Transaction,
  vms: readonly DiscoveredVm[],
  how: AddedWith,
): Promise<string[]> {
  if (vms.length === 0) return [];
  const ids = await freshIds(
    trx,
    vms.map(({ vm }) => vm.name),
  );
  const [config] = await select<{ id: number }>(
    trx,
    'SELECT id FROM ossea_configs WHERE is_active = 1 ORDER BY created_at DESC, id DESC LIMIT 1',
  );
  const rows = vms.map((one, at) => ({
    context_id: ids[at] ?? '',
    vmware_vm_id: one.vm.id,
    vcenter_host: how.vcenter.host,
    datacenter: one.vm.datacenter ?? how.datacenter,
    ossea_config_id: config?.id ?? null,
    ...toldCells(one.vm),
    ...identityCells(one, how),
  }));
  const columns = { ...Object.fromEntries(Object.keys(rows[0] ?? {}).map((name) => [name, '?'])), ...DISCOVERED };
  await insertAll(
    trx,
    { table: 'vm_replication_contexts', columns },
    rows.map((row) => Object.values(row)),
  );
  return ids;
}

const DISCOVERED = { current_status: "'discovered'", auto_added: '1', scheduler_enabled: '1' };

const identityCells = (one: DiscoveredVm, how: AddedWith): Record<string, Knex.Value> => ({
  instance_uuid: one.instanceUuid,
  vcenter_instance_uuid: how.vcenter.instanceUuid,
  credential_id: how.credentialId,
});

/** A known VM, and what is written of it. */
export interface Rediscovered extends DiscoveredVm {
  readonly contextId: string;
  /** Its name stays where it is false: another VM has the new one. */
  readonly takesName: boolean;
  /** As it is known. */
  readonly vmName: string;
}

/**
 * Stores what the vCenter now says about known VMs, and who they are. The credential is set where none was: which
 * account a VM is read with is a person's choice.
 * @throws conflict `db.duplicate`: another VM has the name, or is this one
 */
export async function refreshDiscovered(
  trx: Knex.Transaction,
  vms: readonly Rediscovered[],
  how: Pick<AddedWith, 'vcenter' | 'credentialId'>,
): Promise<void> {
  const table = 'vm_replication_contexts';
  const renamed = vms.filter((one) => one.takesName && one.vm.name !== one.vmName).map((one) => one.contextId);
  if (renamed.length > 0) {
    // The key of names is checked row by row: one may take the name that another gives up only after that has.
    await change(trx, `UPDATE ${table} SET vm_name = context_id WHERE context_id IN (${places(renamed)})`, renamed);
  }
  const rows = vms.map((one) => {
    const told = toldCells(one.vm);
    const name = one.takesName ? one.vm.name : one.vmName;
    const identity = { instance_uuid: one.instanceUuid, vcenter_instance_uuid: how.vcenter.instanceUuid };
    return [one.contextId, { ...told, vm_name: name, ...identity }] as const;
  });
  const credential = how.credentialId === null ? {} : { credential_id: `COALESCE(credential_id, ${how.credentialId})` };
  await changeEach(trx, { table, key: 'context_id', common: credential }, new Map(rows));
}

/** `ctx-name-time`; with a suffix for those that would have the id of another VM. */
async function freshIds(trx: Knex.Transaction, names: readonly string[]): Promise<string[]> {
  const now = new Date();
  const plain = names.map((name) => contextId(name, now));
  const taken = await select<{ id: string }>(
    trx,
    `SELECT context_id AS id FROM vm_replication_contexts WHERE context_id IN (${places(plain)})`,
    plain,
  );
  const used = new Set(taken.map(({ id }) => id));
  return plain.map((id, at) => {
    const own = used.has(id) ? contextId(names[at] ?? '', now, randomBytes(6).toString('hex')) : id;
    used.add(own);
    return own;
  });
}
