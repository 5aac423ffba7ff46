import type { Fault as CloudFault } from '../../src/lab/cloudstack/faults.ts';
import type { Fault as VcenterFault } from '../../src/lab/vcenter/faults.ts';
import type { VsphereStand } from './vsphere-stand.ts';

/** Ways in which one call of a far side goes wrong, whichever call it is. */

const REFUSED = { kind: 'error', errorCode: 531, errorText: 'injected: not yours' } as const;
const BROKEN = { kind: 'http', status: 503, contentType: 'text/html', body: 'injected' } as const;
const JOB_FAILED = { errorCode: 530, errorText: 'injected' } as const;
const NOT_ALLOWED = { fault: 'NoPermission', fields: { privilegeId: 'injected' } } as const;

export const CLOUD_FAULTS = {
  'refuses it': { command: '*', ...REFUSED },
  'refuses it and the next nineteen': { command: '*', ...REFUSED, times: 20 },
  'answers 503': { command: '*', ...BROKEN, times: 3 },
  'hangs up': { command: '*', kind: 'drop-before', times: 3 },
  'loses the answer': { command: '*', kind: 'drop-after' },
  'fails in its job': { command: '*', kind: 'job-error', ...JOB_FAILED },
  'lies about its job': { command: '*', kind: 'job-error-after-effect', ...JOB_FAILED },
  'forgets its job': { command: '*', kind: 'job-forgotten' },
} as const satisfies Record<string, CloudFault>;

export const VCENTER_FAULTS = {
  'refuses it': { method: '*', kind: 'fault', ...NOT_ALLOWED },
  'refuses it and the next nineteen': { method: '*', kind: 'fault', ...NOT_ALLOWED, times: 20 },
  'answers 503': { method: '*', ...BROKEN, times: 3 },
  'hangs up': { method: '*', kind: 'drop-before', times: 3 },
  'loses the answer': { method: '*', kind: 'drop-after' },
  'fails in its task': { method: '*', kind: 'task-fault', fault: 'GenericVmConfigFault' },
  'lies about its task': { method: '*', kind: 'task-fault-after-effect', fault: 'GenericVmConfigFault' },
} as const satisfies Record<string, VcenterFault>;

export type Mischief =
  | { readonly side: 'CloudStack'; readonly what: keyof typeof CLOUD_FAULTS; readonly call: number }
  | { readonly side: 'vCenter'; readonly what: keyof typeof VCENTER_FAULTS; readonly call: number };

export const EVERY_MISCHIEF: readonly Omit<Mischief, 'call'>[] = [
  ...Object.keys(CLOUD_FAULTS).map((what) => ({ side: 'CloudStack', what }) as Omit<Mischief, 'call'>),
  ...Object.keys(VCENTER_FAULTS).map((what) => ({ side: 'vCenter', what }) as Omit<Mischief, 'call'>),
];

/** From now on. `call` is counted from 1; of a job or a task, the first that it is. */
export function setTrap(lab: VsphereStand, mischief: Mischief): void {
  const after = mischief.call - 1;
  if (mischief.side === 'vCenter') lab.control.faults.add({ ...VCENTER_FAULTS[mischief.what], after });
  else lab.stand.cloud.simulator.faults.add({ ...CLOUD_FAULTS[mischief.what], after });
}

/** @returns whether it struck */
export function clearTraps(lab: VsphereStand): boolean {
  const left = [...lab.control.faults.pending(), ...lab.stand.cloud.simulator.faults.pending()];
  lab.control.faults.clear();
  lab.stand.cloud.simulator.faults.clear();
  return left.every(({ after = 0 }) => after === 0);
}
