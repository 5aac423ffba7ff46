import { join, resolve } from 'node:path';
import { HOUR } from '../../base/units.ts';
import { listen } from '../../http/server.ts';
import { Secret } from '../../config/secrets.ts';
import { invariant } from '../../base/invariant.ts';
import { Cloud } from './cloud.ts';
import { Faults } from './faults.ts';
import { rowsOnly } from './guests/hypervisor.ts';
import { QemuGuests } from './guests/qemu-guests.ts';
import { keysFile, openKeys } from './keys.ts';
import { chooseCarrier, type DeviceMode } from './loop-devices.ts';
import { createApp } from './server.ts';
import type { World } from './world.ts';

/**
 * A CloudStack for laptops, tests and the demo: the real API on real HTTP over a world in one folder. It lives on
 * loopback and keeps everything in `dir`, so that a new start on the same folder goes on where the last one stopped.
 */

export interface SimulatorSettings {
  readonly dir: string;
  /** 0 or nothing takes a free one. */
  readonly port?: number;
  /** How long an async job takes; 50 ms. */
  readonly jobDelayMs?: number;
  /** How long after an attach the device appears; 100 ms. */
  readonly deviceDelayMs?: number;
  /** What becomes of unfinished jobs after a restart; `fail`, as CloudStack does. */
  readonly jobsAfterRestart?: 'fail' | 'resume';
  /** Finished jobs are forgotten after this; 24 h. */
  readonly jobExpireMs?: number;
  /** Only POST, signature version 3 and near expiries for commands that change something; off, as by default there. */
  readonly enforcePost?: boolean;
  /** For the first start in `dir` only. */
  readonly omaMacAddress?: string;
  /** How many appliances there are at least; 1. Those of an earlier start in `dir` stay. */
  readonly omaVms?: number;
  /** What an attached volume is for its appliance: its file, or a block device over it; `file`. */
  readonly devices?: DeviceMode;
  /** VMs that are started really boot, in qemu: needs the Debian package qemu-system-x86; off. */
  readonly guests?: boolean;
  /** Data volumes per VM, for the first start in `dir` only; 24. */
  readonly dataVolumesMax?: number;
}

export interface CloudStackSimulator {
  /** http://127.0.0.1:port/client/api */
  readonly endpoint: string;
  /** http://127.0.0.1:port/control */
  readonly controlUrl: string;
  readonly port: number;
  /** Of the root admin. */
  readonly apiKey: Secret;
  readonly secretKey: Secret;
  /** Of an ordinary user. */
  readonly user: { readonly apiKey: Secret; readonly secretKey: Secret };
  readonly controlToken: Secret;
  /** 0600; holds all of the above. */
  readonly keysFile: string;
  readonly ids: SimulatorIds;
  /** Where volumes that are attached to the first OMA VM appear, as in /dev/disk/by-id. */
  readonly deviceDir: string;
  /** The same of each OMA VM, by its id; the first one included. */
  readonly deviceDirs: Readonly<Record<string, string>>;
  readonly faults: Faults;
  /** How many jobs the fault `job-held` holds. */
  heldJobs(): number;
  /** Lets them do their work. */
  releaseJobs(end?: 'work' | 'failure'): void;
  /** The rows themselves, to look at. */
  readonly world: World;
  /** Changes rows behind the API's back, and writes them down. */
  edit(change: (world: World) => void): void;
  /** The file with the bytes of a volume; there once it is Ready. */
  volumePath(volumeId: string): string;
  /** The link in the device folder of the OMA VM that has the volume, or of the first one. */
  devicePath(volumeId: string): string;
  /** What the serial console of a VM has shown since it was powered on last; undefined without guests. */
  consoleText(vmId: string): string | undefined;
  /** Stops listening and working; guests end with it. Jobs in progress are ended by the next start. */
  close(): Promise<void>;
}

export interface SimulatorIds {
  readonly zone: string;
  /** Custom size. */
  readonly diskOffering: string;
  readonly fixedDiskOffering: string;
  readonly serviceOffering: string;
  readonly customServiceOffering: string;
  readonly template: string;
  readonly liveNetwork: string;
  readonly testNetwork: string;
  /** The first one. */
  readonly omaVm: string;
  readonly omaVms: readonly string[];
  readonly domain: string;
}

/** Listens when it returns. The caller closes it. */
export async function startCloudStackSimulator(settings: SimulatorSettings): Promise<CloudStackSimulator> {
  const faults = new Faults();
  const dir = resolve(settings.dir);
  const cloud = new Cloud(
    {
      dir,
      jobDelayMs: settings.jobDelayMs ?? 50,
      deviceDelayMs: settings.deviceDelayMs ?? 100,
      jobsAfterRestart: settings.jobsAfterRestart ?? 'fail',
      jobExpireMs: settings.jobExpireMs ?? 24 * HOUR,
      omaMacAddress: settings.omaMacAddress,
      dataVolumesMax: settings.dataVolumesMax,
      omaVms: settings.omaVms,
      carrier: chooseCarrier(settings.devices ?? 'file', join(dir, 'volumes')),
      hypervisor: settings.guests === true ? new QemuGuests(dir) : rowsOnly,
    },
    faults,
  );
  await cloud.powerOnGuests();
  const keys = openKeys(dir);
  const app = createApp({ cloud, faults, keys, enforcePost: settings.enforcePost ?? false });
  const server = await listen(app, { host: '127.0.0.1', port: settings.port ?? 0 });
  const ids = idsOf(cloud.world);
  const dirOf = (vmId: string): string => cloud.devices.dirOf(cloud.world, vmId);
  return {
    endpoint: `${server.url}/client/api`,
    controlUrl: `${server.url}/control`,
    port: server.port,
    apiKey: new Secret(keys.admin.apiKey),
    secretKey: new Secret(keys.admin.secretKey),
    user: { apiKey: new Secret(keys.user.apiKey), secretKey: new Secret(keys.user.secretKey) },
    controlToken: new Secret(keys.controlToken),
    keysFile: keysFile(dir),
    ids,
    deviceDir: dirOf(ids.omaVm),
    deviceDirs: Object.fromEntries(ids.omaVms.map((vmId) => [vmId, dirOf(vmId)])),
    faults,
    world: cloud.world,
    heldJobs: () => cloud.heldJobs,
    releaseJobs: (end) => cloud.releaseJobs(end),
    edit(change) {
      change(cloud.world);
      cloud.save();
    },
    volumePath: (volumeId) => cloud.storage.pathOf(volumeId),
    devicePath: (volumeId) => cloud.devices.linkOf(cloud.world, volumeId),
    consoleText: (vmId) => cloud.hypervisor.consoleText(vmId),
    async close() {
      await cloud.close();
      await server.close(0);
    },
  };
}

function idsOf(world: World): SimulatorIds {
  const [omaVm] = world.omaVmIds;
  invariant(omaVm !== undefined, 'the simulated cloud has no appliance');
  return {
    zone: idOf(world.zones, 'lab-zone'),
    diskOffering: idOf(world.diskOfferings, 'Custom'),
    fixedDiskOffering: idOf(world.diskOfferings, 'Small'),
    serviceOffering: idOf(world.serviceOfferings, 'Small Instance'),
    customServiceOffering: idOf(world.serviceOfferings, 'Custom Instance'),
    template: idOf(world.templates, 'blank-kvm'),
    liveNetwork: idOf(world.networks, 'lab-live'),
    testNetwork: idOf(world.networks, 'lab-test'),
    omaVm,
    omaVms: world.omaVmIds,
    domain: world.domainId,
  };
}

function idOf(rows: readonly { id: string; name: string }[], name: string): string {
  const row = rows.find((candidate) => candidate.name === name);
  invariant(row !== undefined, `the simulated cloud has no ${name}`);
  return row.id;
}
