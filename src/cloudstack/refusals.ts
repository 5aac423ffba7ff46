import type { ErrorKind, Retry } from '../base/errors.ts';

/**
 * The table of what CloudStack refuses. The same refusal has other codes in other places (a bad state is 431 as the
 * answer of a call, 431 or 530 as the result of an async job, by version), so there are well-known texts besides codes.
 */

export interface Refusal {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly retry?: Retry;
  readonly hint?: string;
}

/** Texts of refused parameters and states; looked at for 430, 431 and 530 only. Source: VolumeApiServiceImpl. */
export const BY_TEXT: readonly (Refusal & { readonly text: RegExp })[] = [
  {
    text: /volume that is not attached to any VM|already attached to a VM/i,
    code: 'cloudstack.volume-attached',
    kind: 'conflict',
    hint: 'detach the volume from its VM first',
  },
  { text: /volume is not attached to a VM/i, code: 'cloudstack.volume-not-attached', kind: 'conflict' },
  {
    text: /maximum number of data disks|all device ids are used|no more available PCI slots/i,
    code: 'cloudstack.no-device-slot',
    kind: 'busy',
    hint: 'the VM can take no more volumes: detach idle volumes from it',
  },
  {
    text: /does not have VM snapshots|with any VM snapshots|please remove VM snapshots/i,
    code: 'cloudstack.vm-has-snapshots',
    kind: 'precondition',
    hint: 'delete the VM snapshots of that VM: CloudStack neither attaches nor detaches volumes while they exist',
  },
  {
    text: /does not have any backups|VM that has backups/i,
    code: 'cloudstack.vm-has-backups',
    kind: 'precondition',
    hint: 'take the VM out of its backup offering, or let backups allow attach and detach in the global settings',
  },
  {
    text: /KVM snapshot is not supported/i,
    code: 'cloudstack.running-snapshot',
    kind: 'precondition',
    hint: 'stop the VM or detach the volume, or let a root admin set kvm.snapshot.enabled',
  },
  {
    text: /revert.*(not supported|supported only)/i,
    code: 'cloudstack.not-revertable',
    kind: 'precondition',
    hint: 'CloudStack reverts only qcow2 volumes, to snapshots in their own zone',
  },
  {
    text: /UUID: .* already exists/i,
    code: 'cloudstack.custom-id-taken',
    kind: 'conflict',
    hint: 'an earlier attempt that went wrong has that id: choose another one',
  },
  {
    text: /either running or stopped|not in the shutdown state|only when vm is in states/i,
    code: 'cloudstack.vm-state',
    kind: 'precondition',
    hint: 'wait until the VM is in a steady state, or stop it where that is asked for',
  },
  {
    text: /volume state must be in/i,
    code: 'cloudstack.volume-busy',
    kind: 'busy',
    // A state that never ends must not be waited for without a limit.
    retry: 'backoff',
    hint: 'the volume is between two states: another operation is at work, or was broken off',
  },
  {
    text: /max allowed page size value/i,
    code: 'cloudstack.page-too-large',
    kind: 'precondition',
  },
  { text: /already has root volume/i, code: 'cloudstack.root-attached', kind: 'conflict' },
  {
    text: /in the same zone as the volume/i,
    code: 'cloudstack.zone-mismatch',
    kind: 'precondition',
    hint: 'VM and volume must be in one zone',
  },
  {
    text: /custom size|out of allowed range|maximum size allowed|size of at least/i,
    code: 'cloudstack.size-refused',
    kind: 'precondition',
    hint: 'choose a disk offering with a custom size, and look at the limits of volume sizes in the global settings',
  },
  {
    text: /entity does not exist|unable to find|no such volume|doesn't exist/i,
    code: 'cloudstack.not-found',
    kind: 'not-found',
    hint: 'it does not exist, or the account of this API key may not see it',
  },
];

/** Source: ApiErrorCode of Apache CloudStack. */
export const BY_CODE: Readonly<Record<number, Refusal>> = {
  401: {
    code: 'cloudstack.unauthorized',
    kind: 'not-allowed',
    hint: 'check API key, secret key, the role of the user, and the clocks of both machines',
  },
  405: { code: 'cloudstack.method-refused', kind: 'invariant' },
  411: {
    code: 'cloudstack.second-factor',
    kind: 'not-allowed',
    hint: 'this user needs two-factor authentication; use the API key of a user without it',
  },
  429: { code: 'cloudstack.rate-limited', kind: 'busy' },
  430: { code: 'cloudstack.malformed', kind: 'invariant' },
  431: { code: 'cloudstack.refused', kind: 'precondition' },
  432: {
    code: 'cloudstack.unsupported',
    kind: 'precondition',
    hint: 'this version of CloudStack, or the role of this user, does not have that command',
  },
  503: { code: 'cloudstack.maintenance', kind: 'busy', hint: 'the management server takes no new jobs at the moment' },
  530: { code: 'cloudstack.internal', kind: 'upstream', hint: 'the log of the management server says why' },
  531: {
    code: 'cloudstack.forbidden',
    kind: 'not-allowed',
    hint: 'the account of this API key does not own the object',
  },
  532: {
    code: 'cloudstack.resource-limit',
    kind: 'precondition',
    hint: 'raise the limits of the account or project, or free resources',
  },
  533: { code: 'cloudstack.no-capacity', kind: 'upstream', hint: 'the cloud has no free capacity for that offering' },
  534: { code: 'cloudstack.resource-unavailable', kind: 'upstream' },
  535: { code: 'cloudstack.allocation-failed', kind: 'upstream' },
  536: { code: 'cloudstack.resource-in-use', kind: 'upstream' },
  537: { code: 'cloudstack.rule-conflict', kind: 'upstream' },
};

export const UNKNOWN: Refusal = { code: 'cloudstack.failed', kind: 'upstream' };
