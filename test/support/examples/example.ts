import type { Route } from '../../../src/api/route.ts';
import type { CloudStand } from '../cloud-stand.ts';
import { addTarget, credentialBody, sourceVm, type RequestOptions, type TestApi } from '../api.ts';

/** States of an API that no request brings about: see states.ts. */
export type State = 'streams taken' | 'ending' | 'no database' | 'no key' | 'a vcenter' | 'a cloud';

/** A request that shows one answer or one refusal of a route. */
export interface Example {
  readonly status: number;
  /** Of a refusal. */
  readonly code?: string;
  /** Where the API must be in another state than that of one that just serves. */
  readonly when?: State;
  /** Makes what the request needs, and returns it. */
  readonly ask: (world: World) => Request | Promise<Request>;
}

export interface Request extends RequestOptions {
  /** Values of the path's parameters. */
  readonly params?: Readonly<Record<string, string>>;
  /** With its question mark. */
  readonly query?: string;
}

/** Examples by `METHOD /path` as the route has them. The first one of each route must succeed. */
export type Examples = Readonly<Record<string, readonly Example[]>>;

export const nameOf = (route: Pick<Route, 'method' | 'path'>): string => `${route.method.toUpperCase()} ${route.path}`;

/** `/replications/{id}?limit=1`, with its values encoded. */
export function pathOf(route: Pick<Route, 'path'>, { params = {}, query = '' }: Request): string {
  const path = route.path.replace(/\{(\w+)\}/g, (_match, name: string) => encodeURIComponent(params[name] ?? 'x'));
  return path + query;
}

const NOBODYS = { vcenter: 'vc1.example.com', username: 'user', password: 'secret', datacenter: 'DC1' };

const EMPTIED = ['vm_replication_contexts', 'job_tracking', 'ossea_volumes', 'ossea_configs', 'vmware_credentials'];

/** The rows of an API, made by what it serves wherever it serves that. */
export class World {
  readonly api: TestApi;
  /** Of a vCenter, as it is typed in; where there is none, of one that nobody could ask. */
  readonly account: Readonly<Record<string, unknown>>;
  /** The CloudStack that the API knows, where there is one. */
  readonly cloud: CloudStand | undefined;
  #vms = 0;

  constructor(api: TestApi, account: Readonly<Record<string, unknown>> = NOBODYS, cloud?: CloudStand) {
    this.api = api;
    this.account = account;
    this.cloud = cloud;
  }

  /** One target cloud, and nothing else. */
  async reset(): Promise<void> {
    const { db } = this.api;
    for (const table of EMPTIED) await db(table).delete();
    await addTarget(db);
  }

  freshName(): string {
    this.#vms += 1;
    return `vm-${this.#vms}`;
  }

  /** A VM that was only added. @returns the id of its context */
  async vm(name = this.freshName(), change: Record<string, unknown> = {}): Promise<string> {
    const body = { source_vm: sourceVm(name), vcenter_host: 'vc1', start_replication: false, ...change };
    const added = await this.api.call('POST', '/replications', { body });
    if (added.status !== 201) throw new Error(`not added: ${JSON.stringify(added.body)}`);
    return String(added.body['context_id']);
  }

  /** A replication that waits for a worker. @returns the id of the job */
  async replication(contextId?: string): Promise<string> {
    const body = { context_id: contextId ?? (await this.vm()) };
    const started = await this.api.call('POST', '/replications', { body });
    if (started.status !== 202) throw new Error(`not started: ${JSON.stringify(started.body)}`);
    return String(started.body['job_id']);
  }

  /** One that has ended. */
  async cancelled(contextId?: string): Promise<string> {
    const jobId = await this.replication(contextId);
    await this.api.call('POST', `/replications/${jobId}/cancel`);
    return jobId;
  }

  /** An account of a vCenter. @returns its id */
  async credential(change: Record<string, unknown> = {}): Promise<number> {
    const body = credentialBody(this.freshName(), change);
    const saved = await this.api.call('POST', '/vmware-credentials', { body });
    if (saved.status !== 201) throw new Error(`not saved: ${JSON.stringify(saved.body)}`);
    return Number(saved.body['id']);
  }

  async inStatus(status: string): Promise<string> {
    const contextId = await this.vm();
    await this.api.db('vm_replication_contexts').where('context_id', contextId).update({ current_status: status });
    return contextId;
  }
}
