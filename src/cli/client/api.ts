import { randomUUID } from 'node:crypto';
import createClient, { type Client } from 'openapi-fetch';
import type { z } from 'zod';
import { upstream } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import type { Secret } from '../../config/secrets.ts';
import { isSyntaxError } from '../thrown.ts';
import * as answers from './answers.ts';
import * as cloud from './cloud-answers.ts';
import * as failover from './failover-answers.ts';
import { errorOfProblem } from './problem.ts';
import type * as requests from './requests.ts';
import type { components, paths } from './schema.d.ts';
import { steadyFetch } from './steady-fetch.ts';
import * as volume from './volume-answers.ts';

export type * from './requests.ts';

export interface Connection {
  /** Ends in /api/v1, without a slash at the end. */
  readonly url: string;
  /** Absent: only signing in will work. */
  readonly token: Secret | undefined;
}

type Schemas = components['schemas'];

/** What asks a vCenter or a CloudStack may take this long; the API gives up after 75 s and says so. */
const VCENTER_ANSWERS_WITHIN_MS = 90 * SECOND;

/**
 * The API as the commands use it: one method per operation, paths and bodies typed by the OpenAPI document, every
 * answer held against what is read of it. Errors are those of the problem documents (client/problem.ts), and upstream
 * `api.unreachable` and `api.bad-answer`.
 */
export class Api {
  readonly url: string;
  readonly token: Secret | undefined;
  /** Ends every request, with its reason. */
  readonly signal: AbortSignal;
  readonly #client: Client<paths>;
  /** For what asks a vCenter or a CloudStack. */
  readonly #patient: Client<paths>;

  constructor(connection: Connection, signal: AbortSignal) {
    this.url = connection.url;
    this.token = connection.token;
    this.signal = signal;
    const settings = { baseUrl: connection.url, headers: this.headers('application/json') };
    this.#client = createClient<paths>({ ...settings, fetch: steadyFetch({ signal }) });
    const patience = { signal, answerWithinMs: VCENTER_ANSWERS_WITHIN_MS };
    this.#patient = createClient<paths>({ ...settings, fetch: steadyFetch(patience) });
  }

  /** What every request carries. */
  headers(accept: string): Record<string, string> {
    const token = this.token?.reveal();
    return { accept, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
  }

  login(body: requests.Login) {
    return this.#answer(answers.LoggedIn, this.#client.POST('/auth/login', { body }));
  }

  vms(query: requests.VmFilter) {
    return this.#answer(answers.VmPage, this.#client.GET('/vm-contexts', { params: { query } }));
  }

  vmById(contextId: string) {
    const params = { path: { context_id: contextId } };
    return this.#answer(answers.VmDetail, this.#client.GET('/vm-contexts/by-id/{context_id}', { params }));
  }

  vmByName(vmName: string, vcenterHost: string | undefined) {
    const params = { path: { vm_name: vmName }, query: { vcenter_host: vcenterHost } };
    return this.#answer(answers.VmDetail, this.#client.GET('/vm-contexts/{vm_name}', { params }));
  }

  /** Starts a replication. The key makes a lost answer harmless: the request is repeated, and done once. */
  replicate(body: requests.StartReplication) {
    return this.#answer<typeof answers.Started, Schemas['ContextAdded']>(answers.Started, this.#start(body));
  }

  /** The same with `start_replication: false`. */
  addVm(body: requests.StartReplication) {
    const asked = this.#start({ ...body, start_replication: false });
    return this.#answer<typeof answers.VmAdded, Schemas['ReplicationStarted']>(answers.VmAdded, asked);
  }

  credentials(query: { readonly limit: number; readonly cursor: string | undefined }) {
    return this.#answer(answers.CredentialPage, this.#client.GET('/vmware-credentials', { params: { query } }));
  }

  addCredential(body: requests.NewCredential) {
    const params = { header: { 'Idempotency-Key': randomUUID() } };
    return this.#answer(answers.Credential, this.#client.POST('/vmware-credentials', { params, body }));
  }

  testCredential(id: number) {
    const params = { path: { id: String(id) } };
    return this.#answer(answers.CredentialTested, this.#patient.POST('/vmware-credentials/{id}/test', { params }));
  }

  preview(body: requests.WhichVcenter) {
    return this.#answer(answers.DiscoveryPreview, this.#patient.POST('/discovery/preview', { body }));
  }

  discover(body: requests.DiscoverVms) {
    return this.#answer(answers.Discovered, this.#patient.POST('/discovery/discover-vms', { body }));
  }

  addDiscovered(body: requests.AddVms) {
    return this.#answer(answers.VmsAdded, this.#patient.POST('/discovery/add-vms', { body }));
  }

  cloudConfig(body: requests.CloudConfigAction) {
    return this.#answer(cloud.CloudConfigAnswer, this.#patient.POST('/ossea/config', { body }));
  }

  discoverCloud(body: requests.WhichCloud) {
    return this.#answer(cloud.CloudDiscovered, this.#patient.POST('/settings/cloudstack/discover-all', { body }));
  }

  validateCloud(body: requests.WhichCloud) {
    return this.#answer(cloud.CloudValidated, this.#patient.POST('/settings/cloudstack/validate', { body }));
  }

  networks(query: { readonly limit: number; readonly cursor: string | undefined }) {
    return this.#answer(cloud.NetworkPage, this.#patient.GET('/networks/available', { params: { query } }));
  }

  resolveNetwork(name: string) {
    const body = { network_name: name };
    return this.#answer(cloud.NetworkResolved, this.#patient.POST('/networks/resolve', { body }));
  }

  mappings(query: { readonly limit: number; readonly cursor: string | undefined }) {
    return this.#answer(cloud.MappingPage, this.#client.GET('/network-mappings', { params: { query } }));
  }

  mappingsOfVm(vmId: string) {
    const params = { path: { vm_id: vmId } };
    return this.#answer(cloud.MappingPage, this.#client.GET('/network-mappings/{vm_id}', { params }));
  }

  mappingStatus(vmId: string) {
    const params = { path: { vm_id: vmId } };
    return this.#answer(cloud.MappingStatus, this.#client.GET('/network-mappings/{vm_id}/status', { params }));
  }

  saveMapping(body: requests.NewMapping) {
    return this.#answer(cloud.MappingSaved, this.#patient.POST('/network-mappings', { body }));
  }

  deleteMapping(vmId: string, source: string, isTest: boolean) {
    const params = {
      path: { vm_id: vmId, source_network_name: source },
      query: { is_test: isTest ? ('true' as const) : ('false' as const) },
    };
    const path = '/network-mappings/{vm_id}/{source_network_name}';
    return this.#answer(cloud.MappingDeleted, this.#client.DELETE(path, { params }));
  }

  jobs(query: requests.JobFilter) {
    return this.#answer(answers.JobPage, this.#client.GET('/jobs', { params: { query } }));
  }

  job(id: string) {
    return this.#answer(answers.JobDetail, this.#client.GET('/jobs/{id}', { params: { path: { id } } }));
  }

  /** Log events of a job after the one with this id, oldest first. */
  jobLogs(id: string, query: { readonly after: number; readonly limit: number }) {
    return this.#answer(answers.LogPage, this.#client.GET('/jobs/{id}/logs', { params: { path: { id }, query } }));
  }

  cancel(id: string) {
    const params = { path: { id } };
    return this.#answer(answers.CancelAccepted, this.#client.POST('/replications/{id}/cancel', { params }));
  }

  volumes(query: requests.VolumeFilter) {
    return this.#answer(volume.VolumePage, this.#client.GET('/volumes', { params: { query } }));
  }

  volumeFindings(query: { readonly limit: number; readonly cursor: string | undefined }) {
    return this.#answer(volume.FindingPage, this.#client.GET('/volumes/findings', { params: { query } }));
  }

  volumeOperations(query: requests.VolumeOperationFilter) {
    return this.#answer(volume.OperationPage, this.#client.GET('/volumes/operations', { params: { query } }));
  }

  adoptVolume(id: string) {
    const params = { path: { volume_id: id } };
    return this.#answer(volume.Adopted, this.#patient.POST('/volumes/findings/{volume_id}/adopt', { params }));
  }

  removeVolume(id: string, confirmName: string | undefined) {
    const params = { path: { volume_id: id }, query: { confirm_name: confirmName } };
    return this.#answer(volume.Removed, this.#patient.POST('/volumes/findings/{volume_id}/remove', { params }));
  }

  attachSlots() {
    return this.#answer(volume.AttachSlots, this.#client.GET('/attach-slots'));
  }

  forgetOmaVm(vmId: string, loseOverlays: boolean) {
    const query = { lose_overlays: loseOverlays ? ('true' as const) : ('false' as const) };
    const params = { path: { vm_id: vmId }, query };
    return this.#answer(volume.ForgottenOmaVm, this.#patient.DELETE('/oma-vms/{vm_id}', { params }));
  }

  failOver(body: requests.NewFailover) {
    return this.#answer(failover.FailoverAccepted, this.#patient.POST('/failover/unified', { params: once(), body }));
  }

  failovers(query: requests.FailoverFilter) {
    return this.#answer(failover.FailoverPage, this.#client.GET('/failover/jobs', { params: { query } }));
  }

  readiness(vmId: string, query: requests.ReadinessQuery) {
    const params = { path: { vm_id: vmId }, query };
    return this.#answer(failover.Readiness, this.#patient.GET('/failover/{vm_id}/readiness', { params }));
  }

  rollBack(body: requests.RollBack) {
    return this.#answer(failover.WayBackAccepted, this.#client.POST('/failover/rollback', { params: once(), body }));
  }

  cleanUpFailed(vmName: string) {
    const params = { ...once(), path: { vm_name: vmName } };
    const asked = this.#client.POST('/failover/{vm_name}/cleanup-failed', { params });
    return this.#answer(failover.WayBackAccepted, asked);
  }

  commitFailover(jobId: string) {
    const params = { ...once(), path: { job_id: jobId } };
    return this.#answer(failover.WayBackAccepted, this.#client.POST('/failover/{job_id}/commit', { params }));
  }

  cancelFailover(jobId: string) {
    const params = { ...once(), path: { job_id: jobId } };
    return this.#answer(answers.CancelAccepted, this.#client.POST('/failover/{job_id}/cancel', { params }));
  }

  #start(body: requests.StartReplication) {
    const header = { 'Idempotency-Key': randomUUID() };
    return this.#client.POST('/replications', { params: { header }, body });
  }

  /**
   * The answer as `schema` reads it. What the schema needs and the document does not promise is an error of types;
   * `Other` is what the operation may answer to other requests than ours.
   */
  async #answer<S extends z.ZodType, Other = never>(
    schema: S,
    asked: Promise<Answered<z.input<S> | Other>>,
  ): Promise<z.output<S>> {
    const { data, error, response } = await asked.catch(notJson);
    if (!response.ok) throw errorOfProblem(error, { url: this.url, status: response.status });
    const parsed = schema.safeParse(data);
    if (parsed.success) return parsed.data;
    throw upstream('api.bad-answer', 'the API answers in a shape that this version does not know', {
      details: { url: this.url, status: response.status, issues: parsed.error.issues.slice(0, 5) },
      hint: 'is this the address of the MigrateKit API, and of the same version?',
    });
  }
}

/** A lost answer is harmless: the request is repeated, and done once. */
const once = () => ({ header: { 'Idempotency-Key': randomUUID() } });

interface Answered<T> {
  readonly data?: T | undefined;
  readonly error?: unknown;
  readonly response: Response;
}

function notJson(thrown: unknown): never {
  if (!isSyntaxError(thrown)) throw thrown;
  throw upstream('api.bad-answer', 'the API answers with something that is not JSON', {
    cause: thrown,
    hint: 'is this the address of the MigrateKit API? It ends in /api/v1',
  });
}
