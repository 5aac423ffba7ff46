import {
  busy,
  conflict,
  invalidRequest,
  notAllowed,
  notFound,
  precondition,
  upstream,
  type AppError,
} from '../../base/errors.ts';
import { CLOUD_PROBLEMS } from './cloud-problems.ts';
import { FAILOVER_PROBLEMS } from './failover-problems.ts';
import { CONTEXT, field, JOB, status } from './problem-parts.ts';
import { OMA_VM_PROBLEMS } from './oma-vm-problems.ts';
import { VOLUME_PROBLEMS } from './volume-problems.ts';
import { toProblem, type Problem } from '../../http/problem.ts';

/** What each refusal looks like: made of real errors by what makes the real documents, so that an example is one. */

const REQUEST_ID = '0b0f3c1e-6d0f-4b0e-9a39-0a9be5a4b7b1';
const PARAMETERS: Readonly<Record<string, string>> = { context_id: CONTEXT, vm_name: 'web01', id: JOB, job_id: JOB };

/** The document of this code, as a client of this path would get it; undefined for a code without an example. */
export function problemExample(code: string, path: string): Problem | undefined {
  const error = BY_CODE.get(code);
  if (error === undefined) return undefined;
  const parameters = path.startsWith('/vmware-credentials/') ? { id: '1' } : PARAMETERS;
  const instance = path.replace(/\{(\w+)\}/g, (_match, name: string) => parameters[name] ?? name);
  return toProblem(error, { path: `/api/v1${instance}`, requestId: REQUEST_ID });
}

const signIn = 'sign in with POST /api/v1/auth/login and send the token as Authorization: Bearer ...';
const sendJson = 'send one JSON object with content-type application/json';

const REQUEST: readonly AppError[] = [
  invalidRequest('request.invalid', 'the request does not fit: limit must be at most 1000', {
    ...field('limit', 'must be at most 1000'),
    hint: 'errors lists each field that does not fit',
  }),
  invalidRequest('request.malformed', 'the body of the request cannot be read', { hint: sendJson }),
  invalidRequest('request.too-large', 'the body of the request cannot be read', { ...status(413), hint: sendJson }),
  invalidRequest('request.unsupported-type', 'the body of the request is not JSON', { ...status(415), hint: sendJson }),
  invalidRequest('request.headers-too-large', 'the headers of the request are too long', {
    ...status(431),
    hint: 'send fewer and shorter headers and cookies',
  }),
  precondition('request.stale', 'this has changed since it was read', {
    ...status(412),
    hint: 'read it again, look at what changed, and send the change with the new ETag in If-Match',
  }),
  precondition('idempotency.key-reused', 'this Idempotency-Key belongs to another request', {
    hint: 'use a new key for a new request',
  }),
];

const AUTH: readonly AppError[] = [
  notAllowed('auth.required', 'this needs a session', { hint: signIn }),
  notAllowed('auth.expired', 'the session has expired', { hint: signIn }),
  notAllowed('auth.bad-token', 'the session is not valid', { hint: signIn }),
  notAllowed('auth.bad-credentials', 'name or password is not right', {
    hint: 'on the appliance, ./migratekit admin password prints the password of the first admin',
  }),
  notAllowed('auth.too-many-attempts', 'too many sign-ins failed', {
    ...status(429),
    hint: 'wait 15 min and try again',
  }),
  notAllowed('auth.cross-site', 'this request comes from another site', {
    ...status(403),
    hint: 'programs send the session as Authorization: Bearer ...',
  }),
  busy('auth.busy', 'too many sign-ins at a time', { hint: 'try again in a moment' }),
];

const CONTEXTS: readonly AppError[] = [
  notFound('context.unknown', `there is no VM context ${CONTEXT}`, {
    hint: 'GET /api/v1/vm-contexts lists the VMs that are known',
  }),
  notFound('context.unknown-name', 'no VM called web01 is known', {
    hint: 'GET /api/v1/vm-contexts lists the VMs that are known; a new one needs source_vm',
  }),
  conflict('context.ambiguous', '2 vCenters have a VM called web01', {
    ...field('vcenter_host', 'vcenter-01.example.com'),
    hint: 'add vcenter_host; errors lists the possible values',
  }),
  conflict('context.busy', `job ${JOB} is active for this VM`, { hint: 'wait for it to end, or cancel it' }),
  conflict('context.exists', `web01 is known as ${CONTEXT}`, { hint: 'start its replication with context_id' }),
  conflict('context.other-vm', 'web01 is known with another uuid', {
    hint: `context ${CONTEXT} protects another VM; remove it before protecting another VM of this name`,
  }),
  conflict('context.renamed', 'this VM is known as web01', { hint: `use context_id ${CONTEXT}` }),
];

const JOBS: readonly AppError[] = [
  notFound('job.unknown', `there is no job ${JOB}`, { hint: 'GET /api/v1/jobs lists the jobs' }),
  conflict('job.terminal', `job ${JOB} has ended already (completed)`, { hint: 'there is nothing left to cancel' }),
  notFound('replication.unknown', `there is no replication ${JOB}`, {
    hint: 'GET /api/v1/replications lists the replications',
  }),
  conflict('replication.not-allowed', 'a VM that is failed_over_test cannot be replicated', {
    hint: 'end the test failover first',
  }),
  conflict('replication.other-target', 'the volumes of this VM are in another cloud', {
    hint: 'leave ossea_config_id out, or give 2',
  }),
  busy('replication.overloaded', '500 requests wait to be accepted, which is the limit of this process', {
    hint: 'send the request again after the seconds in Retry-After; it has not been begun',
  }),
  precondition('replication.no-disks', 'no disk of this VM is known', {
    ...field('source_vm.disks', 'at least one disk is needed'),
    hint: 'send source_vm with its disks, or let discovery find them first',
  }),
  precondition('replication.vcenter-needed', 'a new VM needs vcenter_host', {
    ...field('vcenter_host', 'is needed for a VM that is not known yet'),
    hint: 'say in which vCenter the VM is',
  }),
  precondition('ossea-config.missing', 'no CloudStack is configured', {
    hint: 'save one with POST /api/v1/ossea/config-streamlined',
  }),
  precondition('ossea-config.ambiguous', 'more than one CloudStack configuration is active', {
    hint: 'deactivate all but one',
  }),
  precondition('ossea-config.incomplete', 'the CloudStack configuration lacks what replication needs', {
    ...field('disk_offering_id', 'is needed'),
    hint: 'complete it with POST /api/v1/ossea/config-streamlined',
  }),
];

const CHANGES: readonly AppError[] = [
  invalidRequest('replication.read-only', 'progress_percent cannot be set', {
    ...field('progress_percent', 'is not for clients to set'),
    hint: 'progress has one writer, the worker of the job; target_network can be set, and status only to "cancelled"',
  }),
  invalidRequest('bandwidth.too-low', 'too low for a limit: bandwidth_limit_bytes_per_s 100', {
    ...field('bandwidth_limit_bytes_per_s', 'must be 0 or at least 65536'),
    hint: 'limits are bytes per second (100 MiB/s is 104857600); 0 lifts one, null gives it back to the level above',
  }),
  conflict('job.committed', `job ${JOB} is past its point of no return`, {
    hint: 'wait for its end; what it has done stays, and can be undone only by another job',
  }),
  conflict('replication.active', `replication ${JOB} is running`, {
    hint: 'cancel it and wait for its end, then delete it',
  }),
  conflict('replication.failed-over', 'a VM that is failed_over_test runs on the volumes of its replications', {
    hint: 'end the test failover first',
  }),
  conflict('failover.active', 'failover failover-20260114-110000.789-0a1b2c uses the volumes of this VM', {
    hint: 'wait for its end, or roll it back',
  }),
  notFound('replication.disk-unknown', `replication ${JOB} has no disk disk-2009`, {
    ...field('disk_id', 'is no disk of this replication'),
    hint: `GET /api/v1/replications/${JOB} lists its disks`,
  }),
  conflict('changeid.stale-epoch', `job ${JOB} does not run under epoch 2`, {
    hint: 'another claim may have written to the target since: stop, and copy again under the claim that runs now',
  }),
  conflict('changeid.own-copy', `the worker of job ${JOB} copies its disks itself`, {
    hint: 'leave it to the worker: it stores the changeIds of all disks together when all of them are flushed',
  }),
  conflict('changeid.no-target', 'disk disk-2000 has no target volume that the changeId could be true of', {
    hint: 'let the job make and attach the volume first',
  }),
  conflict('changeid.export-open', 'the volume may still be written through its export', {
    hint: 'flush, close the export at the volume daemon, then send the changeId again',
  }),
  conflict('changeid.not-successor', 'previous_change_id is not what is on the target of disk disk-2000', {
    ...field('previous_change_id', 'is another one'),
    hint: 'ask GET /api/v1/replications/changeid, and copy the changes since that state, or the whole disk',
  }),
];

const CREDENTIALS: readonly AppError[] = [
  notFound('credential.unknown', 'there is no VMware credential 1', {
    hint: 'GET /api/v1/vmware-credentials lists them',
  }),
  notFound('credential.no-default', 'no VMware credential is the default', {
    hint: 'make one the default with PUT /api/v1/vmware-credentials/{id}/set-default',
  }),
  conflict('credential.exists', 'a credential is called Production vCenter already', {
    ...field('credential_name', 'is taken; upper and lower case make no difference'),
    hint: 'take another name, or change the one that exists with PUT',
  }),
  conflict('credential.inactive', 'the credential Production vCenter is not active', {
    hint: 'activate it with {"is_active": true}, or take another one',
  }),
  conflict('credential.in-use', '1 VMs use the credential Production vCenter: web01', {
    ...field('id', `is used by web01 (${CONTEXT})`),
    hint: 'change this credential instead: PUT takes another user, password or host; errors names the first 20 VMs',
  }),
  conflict('credential.last-active', 'Production vCenter is the last active credential', {
    hint: 'save another one first; to have none at all, deactivate it with {"is_active": false, "is_default": false}, then delete it',
  }),
  precondition(
    'credential.password-needed',
    'a password that was saved for another vCenter is not sent to vcenter-02.example.com',
    {
      ...field('password', 'is needed with another vcenter_host'),
      hint: 'send the password together with the new vcenter_host',
    },
  ),
  precondition('secret.no-key', 'there is no key of 32 bytes to seal secrets with', {
    hint: 'set MIGRATEKIT_SECRETS_KEY to 32 random bytes in base64 (openssl rand -base64 32), the same everywhere',
  }),
];

const VCENTER: readonly AppError[] = [
  notFound('discovery.vm-unknown', 'vCenter shows none of the 1 VMs that were named', {
    ...field('0', 'vCenter shows no VM called web09'),
    hint: 'POST /api/v1/discovery/preview lists the VMs that this account sees in its datacenter',
  }),
  conflict('credential.other-vcenter', 'Production vCenter is an account of vcenter-01, and the VM is in vcenter-02', {
    hint: 'take a credential whose vcenter_host is that of the VM',
  }),
  conflict('context.failed-over', 'a VM that is failed_over_test runs on its target volumes', {
    hint: 'end the test failover first',
  }),
  precondition('secret.other-key', 'vmware_credentials.password_encrypted was sealed under another key', {
    hint: 'add the MIGRATEKIT_SECRETS_KEY that was set when it was saved to MIGRATEKIT_SECRETS_OTHER_KEYS',
  }),
  precondition('secret.damaged', 'vmware_credentials.password_encrypted cannot be opened: it was changed or moved', {
    hint: 'save the secret again',
  }),
  invalidRequest('vsphere.address', 'the address of vcenter is neither a host name nor an https URL', {
    hint: 'give the host name of the vCenter, with :port where it is not 443',
  }),
  notAllowed('vsphere.invalid-login', 'vcenter refused Login: InvalidLogin', {
    hint: 'check user name (user@domain) and password, and whether the account is locked or its password has expired',
  }),
  notAllowed('vsphere.no-permission', 'vcenter refused RetrievePropertiesEx: NoPermission', {
    ...status(403),
    hint: 'give the role of this account that right',
  }),
  notFound('vsphere.not-found', 'vcenter refused RetrievePropertiesEx: ManagedObjectNotFound', {
    hint: 'it was removed, or this account may not see it',
  }),
  notFound('vsphere.datacenter-unknown', 'vcenter shows no datacenter DC9', {
    hint: 'check its name, and what this account may see',
  }),
  precondition('vsphere.certificate-changed', 'vcenter shows another certificate than the one it is known by', {
    hint: 'find out why before you save the new thumbprint',
  }),
  precondition('vsphere.certificate-unverified', 'vcenter is not proven to be what it should be', {
    hint: 'save its thumbprint, or the certificate of its authority, with the credential',
  }),
  upstream('vma.unreachable', 'vma does not answer', { hint: 'check that vma runs and is reachable' }),
  upstream('vma.token-refused', 'the VMA does not take the token of this API', {
    hint: 'set MIGRATEKIT_VMA_TOKEN to the same on both sides',
  }),
  upstream('vsphere.unreachable', 'vcenter does not answer', {
    hint: 'check the address, and that the VMA reaches it',
  }),
  upstream('vcenter.failed', 'vcenter answers with HTTP status 503 (vsphere.unavailable)', {
    hint: 'the log of the VMA says more, under the same time',
  }),
];

const SERVER: readonly AppError[] = [
  busy('events.too-many-streams', 'too many event streams are open', { hint: 'close some, or connect again later' }),
  busy('events.shutdown', 'this server is stopping', { hint: 'connect again' }),
  upstream('db.unreachable', 'the database does not answer', {
    hint: 'check that MariaDB runs; nothing needs a restart when it is back',
  }),
  upstream('db.pool-exhausted', 'no connection to the database became free in time', {
    hint: 'look for long transactions; then raise MIGRATEKIT_DB_POOL_MAX',
  }),
  upstream('db.contention', 'the database gave up on a lock conflict', { hint: 'send the request again' }),
  upstream('db.timeout', 'the database stopped a statement that took too long', { hint: 'send the request again' }),
  upstream('db.read-only', 'the database is read-only', { hint: 'point MIGRATEKIT_DB_HOST at the primary server' }),
  upstream('db.full', 'the database has no space left', { hint: 'free disk space on the database server' }),
  upstream('db.commit-unknown', 'the connection broke during COMMIT: the change may or may not be stored', {
    hint: 'look at the row before repeating the request',
  }),
];

const BY_CODE: ReadonlyMap<string, AppError> = new Map(
  [
    REQUEST,
    AUTH,
    CONTEXTS,
    JOBS,
    CHANGES,
    CREDENTIALS,
    VCENTER,
    CLOUD_PROBLEMS,
    VOLUME_PROBLEMS,
    OMA_VM_PROBLEMS,
    FAILOVER_PROBLEMS,
    SERVER,
  ]
    .flat()
    .map((error) => [error.code, error]),
);
