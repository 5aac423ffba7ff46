import { listInstances, type Instance } from '../../cloudstack/instances.ts';
import { setOmaVm } from '../../db/stores/ossea-config-record-store.ts';
import { findOmaVm, type OmaVmFound } from '../../domain/cloud-checks.ts';
import { askCloud, cloudAccountOf, failureOf, outcomeOf } from '../cloud/account.ts';
import type { ApiContext } from '../context.ts';
import type { DetectOmaVm } from '../schemas/cloudstack-settings.ts';

/**
 * Which VM of CloudStack this appliance is: the one that has one of its network cards. Stored in the configuration
 * where the request asks for it, and only when exactly one VM has.
 * @throws notFound `ossea-config.unknown`; precondition `ossea-config.*`, `secret.*`
 */
export async function detectOmaVm(
  { db, box, ownMacs }: Pick<ApiContext, 'db' | 'box' | 'ownMacs'>,
  asked: DetectOmaVm,
): Promise<Record<string, unknown>> {
  const account = await cloudAccountOf({ db, box }, asked);
  const outcome = await outcomeOf(askCloud(account, (client, options) => listInstances(client, {}, options)));
  if (!outcome.ok) {
    const { error } = outcome;
    return { ...NOT_FOUND, message: `${account.endpoint}: ${error.message}`, ...failureOf(error) };
  }
  const found = findOmaVm(outcome.value, ownMacs());
  if (found.kind !== 'one') return { ...NOT_FOUND, ...undetected(found) };
  const { vm } = found;
  const recorded = asked.record === true && account.config !== null;
  if (recorded) await setOmaVm(db, account.config.id, vm.id);
  return {
    success: true,
    oma_info: {
      vm_id: vm.id,
      vm_name: vm.name,
      mac_address: found.macAddress,
      ip_address: found.ipAddress ?? null,
      account: vm.account ?? null,
    },
    message: `this appliance is the VM ${vm.name}${recorded ? `, and ${account.config.name} says so now` : ''}`,
    recorded,
    ...failureOf(null),
  };
}

const NOT_FOUND = { success: false, oma_info: null, recorded: false };

const HINT =
  'give oma_vm_id yourself: the API may run in a container with network cards of its own (MIGRATEKIT_OMA_MACS), or the ' +
  'account of this key does not see the VM';

function undetected(found: Exclude<OmaVmFound<Instance>, { kind: 'one' }>): Record<string, unknown> {
  const message =
    found.kind === 'none'
      ? 'no VM that this account sees has a network card of this appliance'
      : `several VMs have a network card of this appliance: ${found.vms.map(({ name, id }) => `${name} (${id})`).join(', ')}`;
  const code = found.kind === 'none' ? 'cloudstack.oma-vm-unknown' : 'cloudstack.oma-vm-ambiguous';
  return { message, error: message, error_code: code, hint: HINT };
}
