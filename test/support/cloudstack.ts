import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCloudStackClient, type CloudStackClient } from '../../src/cloudstack/client.ts';
import {
  startCloudStackSimulator,
  type CloudStackSimulator,
  type SimulatorSettings,
} from '../../src/lab/cloudstack/simulator.ts';
import type { VmSnapshotRow } from '../../src/lab/cloudstack/world.ts';

/** A simulated cloud in a folder of its own, and a client of its admin. */
export interface TestCloud {
  readonly dir: string;
  /** The running one: `restart` puts another in its place. */
  simulator: CloudStackSimulator;
  client: CloudStackClient;
  /** Stops it (a crash, as far as jobs go) and starts it again on the same folder and port. */
  restart(settings?: Partial<SimulatorSettings>): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A snapshot of a VM as others left it there: it keeps the volumes of the VM where they are. */
export const vmSnapshotOf = (vmId: string): VmSnapshotRow => ({
  id: randomUUID(),
  name: 'i-2-2-VM_VS_20261122020000',
  displayName: 'left-there',
  description: null,
  vmId,
  type: 'DiskAndMemory',
  state: 'Ready',
  current: true,
  parentId: null,
  account: 'admin',
  createdAt: new Date().toISOString(),
});

/** Looks at jobs often: the simulated ones take no time. */
export const QUICK_POLL = { firstMs: 10, maxMs: 50 };

export function clientOf(simulator: CloudStackSimulator): CloudStackClient {
  const { endpoint, apiKey, secretKey } = simulator;
  return createCloudStackClient({ endpoint, apiKey, secretKey, poll: QUICK_POLL });
}

export async function startTestCloud(settings: Partial<SimulatorSettings> = {}): Promise<TestCloud> {
  const dir = mkdtempSync(join(tmpdir(), 'cloud-'));
  const quick = { jobDelayMs: 5, deviceDelayMs: 5, ...settings };
  const simulator = await startCloudStackSimulator({ dir, ...quick });
  const cloud: TestCloud = {
    dir,
    simulator,
    client: clientOf(simulator),
    async restart(changed = {}) {
      const { port } = cloud.simulator;
      await cloud.simulator.close();
      cloud.simulator = await startCloudStackSimulator({ dir, ...quick, ...changed, port });
      cloud.client = clientOf(cloud.simulator);
    },
    async [Symbol.asyncDispose]() {
      await cloud.simulator.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return cloud;
}
