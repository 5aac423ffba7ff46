import { copyFile, mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { GiB, SECOND } from '../../../src/base/units.ts';
import { consoleTextReader, type ReadConsoleText } from '../../../src/cloudstack/console-text.ts';
import type { BootVerdict } from '../../../src/domain/failover/boot-verdict.ts';
import type { CloudStackSimulator } from '../../../src/lab/cloudstack/simulator.ts';
import { judgeBoot, type BootWatch } from '../../../src/processors/failover/boot-verdict.ts';
import { endOf, jobOf } from '../cloudstack-jobs.ts';
import { startTestCloud, type TestCloud } from '../cloudstack.ts';
import { guestAccount, type GuestAccount } from './console.ts';

/** Seven seconds on an idle machine. */
const BOOT_WITHIN_MS = 240 * SECOND;
export const CARD_OF_GUESTS = '02:01:00:00:be:ef';

/** A simulated cloud whose VMs really boot, and what an operator does with them. */
export class GuestCloud implements AsyncDisposable {
  readonly cloud: TestCloud;
  /** For images. */
  readonly dir: string;
  readonly #owned: AsyncDisposableStack;

  private constructor(cloud: TestCloud, dir: string, owned: AsyncDisposableStack) {
    this.cloud = cloud;
    this.dir = dir;
    this.#owned = owned;
  }

  static async start(): Promise<GuestCloud> {
    await using stack = new AsyncDisposableStack();
    const dir = await mkdtemp(join(tmpdir(), 'guests-'));
    stack.defer(() => rm(dir, { recursive: true, force: true }));
    const cloud = stack.use(await startTestCloud({ guests: true }));
    return new GuestCloud(cloud, dir, stack.move());
  }

  get simulator(): CloudStackSimulator {
    return this.cloud.simulator;
  }

  job(command: string, parameters: Record<string, string>): ReturnType<typeof jobOf> {
    return jobOf(this.cloud.client, command, parameters);
  }

  async done(command: string, parameters: Record<string, string>): Promise<void> {
    expect(await this.job(command, parameters)).toMatchObject({ jobstatus: 1 });
  }

  /** A volume that holds these bytes, as the OMA VM has left it. */
  async volumeOf(image: string): Promise<string> {
    const { zone, diskOffering, omaVm } = this.simulator.ids;
    const made = await this.job('createVolume', {
      ...{ name: 'disk', zoneid: zone, diskofferingid: diskOffering, size: '1' },
    });
    const { id } = (made['jobresult'] as { volume: { id: string } }).volume;
    await this.done('attachVolume', { id, virtualmachineid: omaVm });
    await copyFile(image, this.simulator.volumePath(id));
    await truncate(this.simulator.volumePath(id), GiB);
    await this.done('detachVolume', { id });
    return id;
  }

  async deploy(name: string, more: Record<string, string> = {}): Promise<string> {
    const { zone, serviceOffering, template, testNetwork } = this.simulator.ids;
    const accepted = await this.cloud.client.call('deployVirtualMachine', {
      ...{ name, startvm: 'false', zoneid: zone, serviceofferingid: serviceOffering, templateid: template },
      ...{ 'iptonetworklist[0].networkid': testNetwork, 'iptonetworklist[0].mac': CARD_OF_GUESTS, ...more },
    });
    await endOf(this.cloud.client, String(accepted['jobid']));
    return String(accepted['id']);
  }

  /** A VM with these volumes in the place of what it came with. */
  async deployWith(name: string, volumeIds: readonly string[], more: Record<string, string> = {}): Promise<string> {
    const vmId = await this.deploy(name, more);
    const root = this.simulator.world.volumes.find((volume) => volume.vmId === vmId);
    await this.done('detachVolume', { id: root?.id ?? '' });
    for (const [index, id] of volumeIds.entries()) {
      await this.done('attachVolume', { id, virtualmachineid: vmId, deviceid: String(index) });
    }
    return vmId;
  }

  judge(vmId: string, change: Partial<BootWatch> = {}): Promise<BootVerdict> {
    return judgeBoot({
      cloud: { client: this.cloud.client },
      vmId,
      readConsole: this.#consoleReader(),
      signal: new AbortController().signal,
      deadlineMs: BOOT_WITHIN_MS,
      timing: { pollMs: 100, staysMs: BOOT_WITHIN_MS, quietMs: 5 * SECOND },
      ...change,
    });
  }

  async account(vmId: string): Promise<GuestAccount> {
    return guestAccount((await this.#consoleReader()(vmId)) ?? '');
  }

  stateOf(vmId: string): string | undefined {
    return this.simulator.world.vms.find((row) => row.id === vmId)?.state;
  }

  /** As an operator would set it: the address of the console, and its token. */
  #consoleReader(): ReadConsoleText {
    const { controlUrl, controlToken } = this.simulator;
    return consoleTextReader({ urlTemplate: `${controlUrl}/vms/{vm_id}/console`, token: controlToken });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }
}
