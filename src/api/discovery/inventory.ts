import { knownVms } from '../../db/stores/discovery-store.ts';
import type { Knex } from '../../db/knex.ts';
import { judgeInventory, type FoundVm, type JudgedVm, type Vcenter } from '../../domain/discovery/judge.ts';
import { SourceVm } from '../../domain/source-vm.ts';
import type { VmaClient } from '../../vma/client.ts';
import type { DiscoveredVm } from '../../vma/vcenter-contract.ts';
import { throughVma } from '../vcenter-refusals.ts';
import type { Account } from './account.ts';

/** What a vCenter has, and what of it is known. */

/** A VM as the VMA tells it, and as a context would remember it. */
export interface Found extends FoundVm {
  readonly told: DiscoveredVm;
  /** Undefined where `fault` says why. */
  readonly vm: SourceVm | undefined;
}

export interface Inventory {
  readonly vcenter: Vcenter;
  readonly version: string;
  readonly fullName: string;
  readonly found: readonly Found[];
}

/**
 * Everything that the account sees in its datacenter, in one call: a part would hide clones.
 * Errors: those of VCENTER_REFUSALS.
 */
export async function askInventory(vma: Pick<VmaClient, 'discover'>, account: Account): Promise<Inventory> {
  const { datacenter } = account;
  const request = { ...account.access, ...(datacenter === '' ? {} : { datacenter }) };
  const { vcenter, vms } = await throughVma(() => vma.discover(request));
  return {
    vcenter: { host: account.host, instanceUuid: vcenter.instance_uuid },
    version: vcenter.version,
    fullName: vcenter.full_name,
    found: vms.map(foundOf),
  };
}

/** The same VMs with what the database knows of them now. */
export async function judgeFound(db: Knex, { vcenter, found }: Inventory): Promise<JudgedVm<Found>[]> {
  return judgeInventory(vcenter, found, await knownVms(db, vcenter));
}

/** What vSphere takes is longer than what people read. */
const ANNOTATION_CHARACTERS_MAX = 10_000;

function foundOf(told: DiscoveredVm): Found {
  const parsed = SourceVm.safeParse({ ...told, annotation: told.annotation?.slice(0, ANNOTATION_CHARACTERS_MAX) });
  const isHardwareTold = told.num_cpu !== null;
  const issue = parsed.success ? undefined : parsed.error.issues[0];
  const said = issue === undefined ? '' : `${issue.path.join('.')} ${issue.message}`;
  const fault = parsed.success ? null : `cannot be stored as vCenter describes it: ${said}`;
  return {
    told,
    vm: parsed.data,
    instanceUuid: told.instance_uuid?.toLowerCase() ?? null,
    biosUuid: told.bios_uuid,
    name: told.name,
    path: told.path,
    // To overwrite what is known by nothing would lose its disks.
    fault: isHardwareTold ? fault : NOT_TOLD,
  };
}

const NOT_TOLD = 'vCenter does not tell its hardware: is the VM accessible, and its host connected?';
