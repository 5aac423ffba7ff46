import { counted } from '../../base/counted.ts';
import type { JudgedVm } from '../../domain/discovery/judge.ts';
import type { Choice } from '../../domain/discovery/choose.ts';
import type { Account } from './account.ts';
import type { Addition } from './add.ts';
import type { Found } from './inventory.ts';

/** Discovery in the words of the API. */

type Missed = Choice<Found>['missed'];

/** What the schema of a discovered VM has of what the VMA tells. */
const TOLD = [
  'instance_uuid',
  'ref',
  'name',
  'path',
  'datacenter',
  'power_state',
  'connection_state',
  'guest_os',
  'memory_mb',
  'num_cpu',
  'vmx_version',
  'firmware',
  'secure_boot',
  'cbt_enabled',
  'has_snapshots',
  'networks',
] as const;

export function presentVm({ found, known, state, findings }: JudgedVm<Found>): Record<string, unknown> {
  const { told } = found;
  return {
    id: told.id,
    ...Object.fromEntries(TOLD.map((name) => [name, told[name]])),
    disks: told.disks.map(
      ({ id, path, vmdk_path, size_gb, capacity_bytes, datastore, label, unit_number, provisioning_type }) => {
        return { id, path, vmdk_path, size_gb, capacity_bytes, datastore, label, unit_number, provisioning_type };
      },
    ),
    state,
    existing: known !== null,
    context_id: known?.contextId ?? null,
    findings,
  };
}

/** Of bulk-add, and addition_result of discover-vms. */
export function presentAddition(
  additions: readonly Addition[],
  { missed, account }: { readonly missed: Missed; readonly account: Account },
): Record<string, unknown> {
  const of = (state: Addition['state']): Addition[] => additions.filter((one) => one.state === state);
  const added = of('added');
  const existing = of('existing');
  const failed = [
    ...of('refused').map(({ found, reason }) => ({ vm_name: found.name, vm_path: found.path, error: reason ?? '' })),
    ...missed.map(({ wanted, reason }) => ({ vm_name: wanted, vm_path: '', error: reason })),
  ];
  return {
    total_requested: additions.length + missed.length,
    successfully_added: added.length,
    skipped: existing.length,
    failed: failed.length,
    added_vms: added.map(({ found, contextId }) => ({
      vm_name: found.name,
      vm_path: found.path,
      context_id: contextId,
    })),
    skipped_vms: existing.map(({ found, contextId }) => ({
      vm_name: found.name,
      vm_path: found.path,
      context_id: contextId,
      reason: 'is known already',
      existing: true,
    })),
    failed_vms: failed,
    credential: account.credential,
  };
}

/** Of add-vms. */
export function presentProcessed(
  additions: readonly Addition[],
  { missed, account, by }: { readonly missed: Missed; readonly account: Account; readonly by: string },
): Record<string, unknown> {
  const count = (state: Addition['state']): number => additions.filter((one) => one.state === state).length;
  const [added, existing] = [count('added'), count('existing')];
  const failed = count('refused') + missed.length;
  const said = [`${counted(added, 'VM')} added`];
  if (existing > 0) said.push(`${existing} known already`);
  if (failed > 0) said.push(`${failed} not added`);
  return {
    success: failed === 0,
    message: said.join(', ') + withoutAccount(account),
    vms_added: added,
    vms_existing: existing,
    vms_failed: failed,
    total_vms: additions.length + missed.length,
    added_at: new Date().toISOString(),
    added_by: by,
    processed_vms: [
      ...additions.map(({ found, state, contextId, reason }) => ({
        vm_name: found.name,
        success: state !== 'refused',
        existing: state === 'existing',
        context_id: contextId,
        error: reason,
      })),
      ...missed.map(({ wanted, reason }) => ({
        vm_name: wanted,
        success: false,
        existing: false,
        context_id: null,
        error: reason,
      })),
    ],
    credential: account.credential,
  };
}

/** VMs that were found with an account that is not stored cannot be read by a job. */
const withoutAccount = ({ credential, host }: Account): string =>
  credential === null
    ? `; no stored credential is of this user at ${host}: save one and assign it before they are replicated`
    : '';
