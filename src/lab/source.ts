import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SECOND } from '../base/units.ts';
import { requestJson, type Peer } from '../http/json-client.ts';
import { readIfThere, writeDurable } from './cloudstack/durable-file.ts';
import { freePort } from './embedded/free-port.ts';
import { vcenterDirOf } from './environment.ts';
import type { LabDisk } from './images.ts';
import type { VmRow } from './vcenter/world.ts';
import { startVcenterSimulator, type VcenterSimulator } from './vcenter/simulator.ts';

/** The lab's vCenter with its VMs, and what an operator would do to have them known. */

export interface LabVm {
  readonly name: string;
  /** With its images, which the lab makes. */
  readonly folder: string;
  readonly disks: readonly LabDisk[];
  /** Where it differs from a small Linux server with a BIOS. */
  readonly hardware?: Pick<Partial<VmRow>, 'firmware' | 'isSecureBoot' | 'memoryMb' | 'cpuCount'>;
}

/** Slow enough to be seen, quick enough to be waited for. */
const TASK_DELAY_MS = 100;

/** Its VMs are there when it returns; those of an earlier start are as they were left. */
export async function startVcenter(dir: string, vms: readonly LabVm[]): Promise<VcenterSimulator> {
  const vcenterDir = vcenterDirOf(dir);
  const simulator = await startVcenterSimulator({
    dir: vcenterDir,
    port: await keptPort(vcenterDir),
    taskDelayMs: TASK_DELAY_MS,
    // The images themselves are there to be compared with.
    isOracleKept: false,
  });
  const known = new Set(simulator.control.vms().map((vm) => vm.name));
  for (const { name, folder, disks, hardware = {} } of vms) {
    if (known.has(name)) continue;
    simulator.control.addVm({
      name,
      dir: folder,
      changes: hardware,
      disks: disks.map((disk) => ({
        key: disk.key,
        capacityBytes: disk.capacityBytes,
        image: disk.file,
        isImageMade: true,
      })),
    });
  }
  return simulator;
}

/** VMs are known by the host of their vCenter, and its port is part of that. */
async function keptPort(vcenterDir: string): Promise<number> {
  const file = join(vcenterDir, 'port');
  const kept = readIfThere(file);
  if (kept !== undefined) return Number(kept);
  const port = await freePort();
  await mkdir(vcenterDir, { recursive: true, mode: 0o700 });
  writeDurable(file, String(port));
  return port;
}

const CREDENTIAL = 'lab vCenter';
const DATACENTER = 'Lab';

/** Stores the account and adds the VMs, as an operator would; doing it again changes nothing. */
export async function registerVms(api: Peer, vcenter: VcenterSimulator, vms: readonly LabVm[]): Promise<void> {
  const id = (await storedCredential(api)) ?? (await storeCredential(api, vcenter));
  if (vms.length === 0) return;
  await requestJson(api, {
    method: 'POST',
    path: '/discovery/add-vms',
    body: { credential_id: id, vm_names: vms.map((vm) => vm.name) },
    answer: z.object({}),
    deadlineMs: 60 * SECOND,
  });
}

async function storedCredential(api: Peer): Promise<number | undefined> {
  const { credentials } = await requestJson(api, {
    method: 'GET',
    path: '/vmware-credentials',
    answer: z.object({ credentials: z.array(z.object({ id: z.int(), credential_name: z.string() })) }),
    deadlineMs: 30 * SECOND,
  });
  return credentials.find((credential) => credential.credential_name === CREDENTIAL)?.id;
}

async function storeCredential(api: Peer, vcenter: VcenterSimulator): Promise<number> {
  const { id } = await requestJson(api, {
    method: 'POST',
    path: '/vmware-credentials',
    body: {
      credential_name: CREDENTIAL,
      vcenter_host: new URL(vcenter.url).host,
      username: vcenter.username,
      password: vcenter.password.reveal(),
      datacenter: DATACENTER,
      vcenter_thumbprint: vcenter.thumbprint,
      is_default: true,
    },
    answer: z.object({ id: z.int() }),
    deadlineMs: 30 * SECOND,
  });
  return id;
}
