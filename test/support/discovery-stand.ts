import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../../src/config/secrets.ts';
import {
  startVcenterSimulator,
  type SimulatorSettings,
  type VcenterSimulator,
} from '../../src/lab/vcenter/simulator.ts';
import { credentialBody, startTestApi, type Reply, type TestApi } from './api.ts';
import { TOKEN, vmaStand, type VmaStand } from './vma-stand.ts';

/** An API, a VMA and simulated vCenters, as they work together: only the wires between them are short. */
export class DiscoveryStand implements AsyncDisposable {
  readonly api: TestApi;
  readonly vma: VmaStand;
  readonly #stack: AsyncDisposableStack;

  private constructor(api: TestApi, vma: VmaStand, stack: AsyncDisposableStack) {
    this.api = api;
    this.vma = vma;
    this.#stack = stack;
  }

  static async start(): Promise<DiscoveryStand> {
    const stack = new AsyncDisposableStack();
    const vma = await vmaStand();
    stack.defer(() => vma.close());
    const vmaPeer = { url: vma.url, token: new Secret(TOKEN) };
    const api = stack.use(await startTestApi((config) => ({ ...config, vmaPeer })));
    return new DiscoveryStand(api, vma, stack);
  }

  async vcenter(settings: Omit<SimulatorSettings, 'dir'> = {}): Promise<SimulatedVcenter> {
    const dir = await mkdtemp(join(tmpdir(), 'mk-vcenter-'));
    this.#stack.defer(() => rm(dir, { recursive: true, force: true }));
    const simulator = await startVcenterSimulator({ isOracleKept: false, ...settings, dir });
    this.#stack.defer(() => simulator.close());
    return new SimulatedVcenter(this, simulator);
  }

  /** No context, no credential, no target cloud. */
  async forget(): Promise<void> {
    for (const table of ['vm_replication_contexts', 'vmware_credentials', 'ossea_configs', 'job_tracking'])
      await this.api.db(table).delete();
  }

  post(path: string, body: object): Promise<Reply> {
    return this.api.call('POST', path, { body });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** One vCenter of the stand. */
export class SimulatedVcenter {
  readonly simulator: VcenterSimulator;
  /** As credentials name it. */
  readonly host: string;
  readonly #stand: DiscoveryStand;

  constructor(stand: DiscoveryStand, simulator: VcenterSimulator) {
    this.#stand = stand;
    this.simulator = simulator;
    this.host = new URL(simulator.url).host;
  }

  get control(): VcenterSimulator['control'] {
    return this.simulator.control;
  }

  /** Saves its account. @returns the id */
  async credential(change: Record<string, unknown> = {}): Promise<number> {
    const { username, password, thumbprint } = this.simulator;
    const account = { vcenter_host: this.host, username, password: password.reveal(), datacenter: 'Lab' };
    const body = credentialBody(`of ${this.host}`, { ...account, vcenter_thumbprint: thumbprint, ...change });
    const saved = await this.#stand.post('/vmware-credentials', body);
    if (saved.status !== 201) throw new Error(`not saved: ${JSON.stringify(saved.body)}`);
    return Number(saved.body['id']);
  }

  /** Its account as a request can have it typed in. */
  typed(change: Record<string, unknown> = {}): Record<string, unknown> {
    const { username, password, thumbprint } = this.simulator;
    const account = { vcenter: this.host, username, password: password.reveal(), datacenter: 'Lab' };
    return { ...account, vcenter_thumbprint: thumbprint, ...change };
  }
}
