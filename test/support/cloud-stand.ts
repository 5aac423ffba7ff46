import type { SimulatorSettings } from '../../src/lab/cloudstack/simulator.ts';
import { startTestApi, type Reply, type TestApi } from './api.ts';
import { startTestCloud, type TestCloud } from './cloudstack.ts';

/** A network card that no machine of ours has: the VM of the appliance has it, and the API is told so. */
const OMA_MAC = '02:01:00:cb:00:01';

/** An API and a simulated CloudStack, as they work together. */
export class CloudStand implements AsyncDisposable {
  readonly api: TestApi;
  readonly cloud: TestCloud;
  readonly #stack: AsyncDisposableStack;

  private constructor(api: TestApi, cloud: TestCloud, stack: AsyncDisposableStack) {
    this.api = api;
    this.cloud = cloud;
    this.#stack = stack;
  }

  static async start(settings: Partial<SimulatorSettings> = {}): Promise<CloudStand> {
    const stack = new AsyncDisposableStack();
    try {
      const cloud = stack.use(await startTestCloud({ omaMacAddress: OMA_MAC, ...settings }));
      const change: Parameters<typeof startTestApi>[0] = (config) => ({
        ...config,
        api: { ...config.api, omaMacs: [OMA_MAC.toUpperCase()] },
      });
      const api = stack.use(await startTestApi(change));
      return new CloudStand(api, cloud, stack);
    } catch (error) {
      await stack.disposeAsync();
      throw error;
    }
  }

  /** Address and keys of the root admin, as they are typed in. */
  typed(change: Record<string, unknown> = {}): Record<string, unknown> {
    const { endpoint, apiKey, secretKey } = this.cloud.simulator;
    return { api_url: endpoint, api_key: apiKey.reveal(), secret_key: secretKey.reveal(), ...change };
  }

  /** A whole configuration, as it is typed in. */
  fields(name: string, change: Record<string, unknown> = {}): Record<string, unknown> {
    const { ids } = this.cloud.simulator;
    return {
      ...this.typed(),
      name,
      zone: ids.zone,
      oma_vm_id: ids.omaVm,
      template_id: ids.template,
      network_id: ids.liveNetwork,
      service_offering_id: ids.customServiceOffering,
      disk_offering_id: ids.diskOffering,
      ...change,
    };
  }

  /** The same as POST /ossea/config-streamlined takes it. */
  streamlined(change: Record<string, unknown> = {}): Record<string, unknown> {
    const { name: _name, api_url, zone, ...rest } = this.fields('');
    return { ...rest, base_url: api_url, zone_id: zone, domain_name: 'ROOT', ...change };
  }

  /** Saves a configuration and makes it active. @returns its id */
  async configured(name = 'cloud', change: Record<string, unknown> = {}): Promise<number> {
    const saved = await this.config('create', { config: this.fields(name, change) });
    if (saved.status !== 201) throw new Error(`not saved: ${JSON.stringify(saved.body)}`);
    return Number((saved.body['config'] as { id: number }).id);
  }

  config(action: string, more: Record<string, unknown> = {}): Promise<Reply> {
    return this.post('/ossea/config', { action, ...more });
  }

  post(path: string, body: object): Promise<Reply> {
    return this.api.call('POST', path, { body });
  }

  get(path: string): Promise<Reply> {
    return this.api.call('GET', path);
  }

  /** No VM and no configuration. */
  async forget(): Promise<void> {
    for (const table of ['vm_replication_contexts', 'job_tracking', 'ossea_volumes', 'ossea_configs']) {
      await this.api.db(table).delete();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
