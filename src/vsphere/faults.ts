import { AppError, type ErrorKind, type Retry } from '../base/errors.ts';
import type { Fault } from './soap/answer.ts';
import { textIn } from './soap/read.ts';

/** vSphere's faults in the words of this project: one table. Source: vSphere Web Services API, faults by class. */

interface Row {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly retry?: Retry;
  readonly hint?: string;
  /** HTTP status, where that of the kind is wrong. */
  readonly status?: number;
}

const LOGIN: Row = {
  code: 'vsphere.invalid-login',
  kind: 'not-allowed',
  hint: 'check user name (user@domain) and password, and whether the account is locked or its password has expired',
};
const FILE: Row = {
  code: 'vsphere.file-fault',
  kind: 'upstream',
  hint: 'the datastore, or a file of the VM on it, cannot be used: look at the events of the VM and of the datastore',
};
const QUIESCE: Row = {
  code: 'vsphere.quiesce-failed',
  kind: 'precondition',
  hint: 'the guest could not be brought to rest: look at VMware Tools and the snapshot writers of the guest, or replicate without quiescing',
};
const HOST: Row = {
  code: 'vsphere.host-unreachable',
  kind: 'upstream',
  hint: 'vcenter does not reach the ESXi host of the VM',
};
const ARGUMENT: Row = { code: 'vsphere.invalid-argument', kind: 'invalid-request' };
const UNSUPPORTED: Row = {
  code: 'vsphere.not-supported',
  kind: 'precondition',
  hint: 'this version, licence or VM does not have that function',
};
const STATE: Row = {
  code: 'vsphere.invalid-state',
  kind: 'conflict',
  hint: 'the object is in a state that does not allow this: look at its recent tasks and events',
};

const ROWS: ReadonlyMap<string, Row> = new Map<string, Row>([
  [
    'NotAuthenticated',
    {
      code: 'vsphere.not-authenticated',
      kind: 'not-allowed',
      hint: 'the session has ended, and a new login did not help: look at the sessions of this account in vcenter',
    },
  ],
  ['InvalidLogin', LOGIN],
  ['PasswordExpired', LOGIN],
  [
    'NoPermission',
    {
      code: 'vsphere.no-permission',
      kind: 'not-allowed',
      status: 403,
      hint: 'give the role of this account that right',
    },
  ],
  [
    'ManagedObjectNotFound',
    { code: 'vsphere.not-found', kind: 'not-found', hint: 'it was removed, or this account may not see it' },
  ],
  [
    'NotFound',
    { code: 'vsphere.not-found', kind: 'not-found', hint: 'it was removed, or this account may not see it' },
  ],
  [
    'TaskInProgress',
    {
      code: 'vsphere.task-in-progress',
      kind: 'busy',
      // A task that never ends must not be waited for without a limit.
      retry: 'backoff',
      hint: 'another task works on the same object: look at the recent tasks of the VM',
    },
  ],
  ['ConcurrentAccess', { code: 'vsphere.concurrent-access', kind: 'busy', retry: 'backoff' }],
  ['FileFault', FILE],
  ['FileNotFound', FILE],
  ['FileAlreadyExists', FILE],
  ['FileNotWritable', FILE],
  ['FileNameTooLong', FILE],
  ['CannotAccessFile', FILE],
  ['CannotDeleteFile', FILE],
  ['CannotCreateFile', FILE],
  ['InvalidDatastore', FILE],
  ['InaccessibleDatastore', FILE],
  [
    'FileLocked',
    {
      code: 'vsphere.file-locked',
      kind: 'busy',
      retry: 'backoff',
      hint: 'another program reads this disk: a backup, or an earlier transfer whose connection is still open',
    },
  ],
  [
    'NoDiskSpace',
    {
      code: 'vsphere.no-disk-space',
      kind: 'precondition',
      hint: 'the datastore is full: free space before a snapshot grows any further',
    },
  ],
  [
    'InvalidPowerState',
    { code: 'vsphere.power-state', kind: 'conflict', hint: 'the VM is not powered as this needs it' },
  ],
  ['InvalidState', STATE],
  ['InvalidVmState', STATE],
  ['VmConfigFault', STATE],
  ['InvalidSnapshotState', STATE],
  ['InvalidArgument', ARGUMENT],
  ['InvalidProperty', ARGUMENT],
  ['InvalidRequest', ARGUMENT],
  ['InvalidType', ARGUMENT],
  ['InvalidName', ARGUMENT],
  [
    'ToolsUnavailable',
    { code: 'vsphere.tools-unavailable', kind: 'precondition', hint: 'VMware Tools do not run in the guest' },
  ],
  ['SnapshotFault', { code: 'vsphere.snapshot-failed', kind: 'upstream', hint: 'look at the events of the VM' }],
  ['ApplicationQuiesceFault', QUIESCE],
  ['FilesystemQuiesceFault', QUIESCE],
  ['HostNotConnected', HOST],
  ['HostNotReachable', HOST],
  ['HostCommunication', HOST],
  ['HostConnectFault', HOST],
  ['RequestCanceled', { code: 'vsphere.cancelled', kind: 'cancelled' }],
  ['Timedout', { code: 'vsphere.timed-out', kind: 'upstream' }],
  ['NotSupported', UNSUPPORTED],
  ['NotImplemented', UNSUPPORTED],
  ['NotEnoughLicenses', UNSUPPORTED],
  ['RestrictedVersion', UNSUPPORTED],
  ['MethodNotFound', UNSUPPORTED],
]);

const UNKNOWN: Row = { code: 'vsphere.failed', kind: 'upstream', hint: 'the events and the log of vcenter say why' };

/** Some texts hold a whole stack trace. */
const TEXT_LENGTH_MAX = 500;

/**
 * The AppError for a refusal. `details`: method, class and text of the fault, and its fields that name what it is about.
 * Of a refused login nothing is kept but the class, where it is a known one: a server might repeat what it was sent.
 */
export function toVsphereError(method: string, fault: Fault): AppError {
  const row = ROWS.get(fault.type ?? '');
  const { code, kind, retry, hint, status } = row ?? UNKNOWN;
  const isQuotable = method !== 'Login';
  const type = row !== undefined || isQuotable ? fault.type?.slice(0, TEXT_LENGTH_MAX) : undefined;
  return new AppError(kind, [code, `vcenter refused ${method}: ${type ?? 'no reason given'}`], {
    retry,
    hint,
    details: {
      method,
      fault: type,
      ...(status === undefined ? {} : { status }),
      ...(isQuotable ? whatIsSaid(fault) : {}),
    },
  });
}

/** What the server says, and what it is about: the object, the privilege, the argument, the file. */
function whatIsSaid({ message, fields }: Fault): Record<string, string> {
  const found: Record<string, string> = { said: message.slice(0, TEXT_LENGTH_MAX) };
  for (const name of ['object', 'obj', 'privilegeId', 'invalidProperty', 'file']) {
    const value = textIn(fields, name);
    if (value !== undefined && value !== '') found[name] = value.slice(0, TEXT_LENGTH_MAX);
  }
  return found;
}
