import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { MiB } from '../../src/base/units.ts';
import type { SimulatorSettings } from '../../src/lab/vcenter/simulator.ts';
import type { VmSettings } from '../../src/lab/vcenter/machine.ts';
import type { CreateSession, SourceSession, VcenterAccess } from '../../src/vma/contract.ts';
import type { VmaOptions } from '../../src/vma/start.ts';
import { TestVcenter } from './vcenter.ts';
import { NO_VSPHERE, readExport, until, type VmaStand, vmaStand } from './vma-stand.ts';

/** Tasks of the simulated vCenter take a moment; waiting for them should not. */
export const QUICK = { taskPollMs: 10, removalRetryMs: 50, removalWaitMs: 5_000, appearsWithinMs: 3_000 };

/** A simulated vCenter, and a VMA that reads what it freezes. */
export class SourceStand implements AsyncDisposable {
  readonly vcenter: TestVcenter;
  readonly vma: VmaStand;
  #count = 0;

  private constructor(vcenter: TestVcenter, vma: VmaStand) {
    this.vcenter = vcenter;
    this.vma = vma;
  }

  static async start(
    options: VmaOptions = {},
    settings: Omit<SimulatorSettings, 'dir'> = {},
    reading: { readonly hostConnections?: number } = {},
  ): Promise<SourceStand> {
    const vcenter = await TestVcenter.start({ taskDelayMs: 1, ...settings });
    const vsphere = { ...NO_VSPHERE, ...reading, frozenDir: vcenter.simulator.frozenDir };
    return new SourceStand(vcenter, await vmaStand({ ...QUICK, ...options, config: { vsphere } }));
  }

  get control(): TestVcenter['simulator']['control'] {
    return this.vcenter.simulator.control;
  }

  get access(): VcenterAccess {
    return accessOf(this.vcenter);
  }

  /** A new VM with two disks of 4 MiB, the second not a multiple of the block, with something on both. */
  async newVm(settings: Partial<VmSettings> = {}): Promise<string> {
    this.#count += 1;
    const name = `vm-${this.#count}`;
    this.control.addVm({ name, disks: [{ capacityBytes: 4 * MiB }, { capacityBytes: 4 * MiB + 512 }], ...settings });
    await this.write(name, 2000, { offset: 70_000, text: 'first of disk 0' });
    await this.write(name, 2001, { offset: 4 * MiB, text: 'at the very end of disk 1' });
    return name;
  }

  write(vm: string, key: number, at: { offset: number; text: string }): Promise<void> {
    return this.control.write(vm, key, [{ offset: at.offset, bytes: Buffer.from(at.text) }]);
  }

  request(vm: string, fields: Partial<CreateSession> = {}): CreateSession {
    return sourceRequest(vm, { credentials: this.access, ...fields });
  }

  /** Names of the snapshots that the VM has. */
  snapshotsOf(vm: string): string[] {
    return this.control.vm(vm).snapshots.map(({ name }) => name);
  }

  async untilNoSnapshot(vm: string): Promise<void> {
    await until(() => this.snapshotsOf(vm).length === 0, 20_000);
  }

  /** The order goes a moment after its snapshot. */
  async untilNothingOwed(): Promise<void> {
    await until(async () => (await this.listed()).removals.length === 0, 20_000);
  }

  async listed(): Promise<{ sessions: SourceSession[]; removals: Record<string, unknown>[] }> {
    const response = await fetch(`${this.vma.url}/api/v1/source-sessions`, {
      headers: { authorization: `Bearer ${this.vma.config.token?.reveal() ?? ''}` },
    });
    return (await response.json()) as { sessions: SourceSession[]; removals: Record<string, unknown>[] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.vma.close();
    await this.vcenter[Symbol.asyncDispose]();
  }
}

export const accessOf = ({ simulator }: TestVcenter): VcenterAccess => ({
  vcenter: simulator.url,
  username: simulator.username,
  password: simulator.password.reveal(),
  thumbprint: simulator.thumbprint,
});

export function sourceRequest(vm: string, fields: Partial<CreateSession> = {}): CreateSession {
  return {
    job_id: `job-of-${vm}`,
    epoch: 1,
    kind: 'vsphere',
    vm: `/Lab/vm/${vm}`,
    installation_id: 'test',
    disks: [{ disk_id: 'disk-2000' }, { disk_id: 'disk-2001' }],
    ...fields,
  };
}

/** SHA-256 of what the export serves. */
export async function hashOfExport(session: SourceSession, diskId: string): Promise<string> {
  return createHash('sha256')
    .update(await readExport(session, diskId))
    .digest('hex');
}

/** Command lines of all processes that have the text in theirs. */
export async function commandLinesWith(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(text)) found.push(line.replaceAll('\0', ' '));
  }
  return found;
}
