import {
  startVcenterSimulator,
  type SimulatorSettings,
  type VcenterSimulator,
} from '../../src/lab/vcenter/simulator.ts';
import { VsphereSession, type VsphereSettings } from '../../src/vsphere/session.ts';
import { TestFolder } from './nbd-servers.ts';

/** Our simulated vCenter in a folder of its own, and our client's sessions at it. */
export class TestVcenter implements AsyncDisposable {
  readonly folder: TestFolder;
  simulator: VcenterSimulator;
  readonly #settings: Omit<SimulatorSettings, 'dir'>;
  readonly #sessions: VsphereSession[] = [];

  private constructor(
    simulator: VcenterSimulator,
    parts: { settings: Omit<SimulatorSettings, 'dir'>; folder: TestFolder },
  ) {
    this.simulator = simulator;
    this.#settings = parts.settings;
    this.folder = parts.folder;
  }

  static async start(settings: Omit<SimulatorSettings, 'dir'> = {}): Promise<TestVcenter> {
    const folder = new TestFolder();
    const simulator = await startVcenterSimulator({ dir: folder.path, ...settings });
    return new TestVcenter(simulator, { settings, folder });
  }

  settings(changes: Partial<VsphereSettings> = {}): VsphereSettings {
    const { url, username, password, thumbprint } = this.simulator;
    return { address: url, trust: { kind: 'thumbprint', thumbprint }, username, password, ...changes };
  }

  async session(changes: Partial<VsphereSettings> = {}): Promise<VsphereSession> {
    const session = await VsphereSession.open(this.settings(changes));
    this.#sessions.push(session);
    return session;
  }

  /** Ends it, and starts it again on what it left behind. */
  async restart(): Promise<void> {
    await this.simulator.close();
    this.simulator = await startVcenterSimulator({ dir: this.folder.path, ...this.#settings });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) await session.close();
    await this.simulator.close();
    this.folder[Symbol.dispose]();
  }
}
