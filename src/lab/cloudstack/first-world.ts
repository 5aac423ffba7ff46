import { randomInt, randomUUID } from 'node:crypto';
import { invariant } from '../../base/invariant.ts';
import { GiB } from '../../base/units.ts';
import type { VmRow, VolumeRow, World } from './world.ts';

/** The cloud at its first start: a zone, offerings, networks, a template, and the OMA's own VMs, running. */

export interface FirstWorldSettings {
  /** Network card of the OMA VM; random by default. */
  readonly omaMacAddress?: string | undefined;
  readonly dataVolumesMax?: number | undefined;
  /** How many appliances there are at least; 1. */
  readonly omaVms?: number | undefined;
}

export function makeFirstWorld(settings: FirstWorldSettings, nowMs: number): World {
  const domainId = randomUUID();
  const zoneId = randomUUID();
  const catalogue = makeCatalogue(zoneId);
  const macAddress = settings.omaMacAddress ?? randomMac();
  const oma = makeOma(catalogue, { zoneId, nowMs, macAddress, number: 2, name: 'oma' });
  return {
    version: 2,
    domainId,
    storageId: randomUUID(),
    omaVmIds: [oma.vm.id],
    dataVolumesMax: settings.dataVolumesMax ?? 24,
    settings: {},
    domains: [{ id: randomUUID(), name: 'customers' }],
    zones: [{ id: zoneId, name: 'lab-zone', allocationState: 'Enabled' }],
    ...catalogue,
    accounts: [account('admin', 1, domainId), account('migrate', 0, domainId)],
    vms: [oma.vm],
    volumes: [oma.root],
    snapshots: [],
    vmSnapshots: [],
    jobs: [],
    formerIds: [],
  };
}

/** Brings the world to as many appliances as are wanted; those that it has stay. */
export function addOmas(world: World, settings: FirstWorldSettings, nowMs: number): void {
  const zoneId = firstId(world.zones);
  while (world.omaVmIds.length < (settings.omaVms ?? 1)) {
    const number = nextVmNumber(world);
    const name = `oma-${world.omaVmIds.length + 1}`;
    const { vm, root } = makeOma(world, { zoneId, nowMs, macAddress: randomMac(), number, name });
    world.omaVmIds.push(vm.id);
    world.vms.push(vm);
    world.volumes.push(root);
  }
}

export const nextVmNumber = (world: World): number => Math.max(...world.vms.map((vm) => vm.number), 1) + 1;

type Catalogue = Pick<World, 'diskOfferings' | 'serviceOfferings' | 'networks' | 'templates'>;

const makeCatalogue = (zoneId: string): Catalogue => ({
  diskOfferings: [
    { id: randomUUID(), name: 'Custom', displayText: 'Custom size', customized: true, diskSizeGiB: 0 },
    { id: randomUUID(), name: 'Small', displayText: 'Small disk, 5 GB', customized: false, diskSizeGiB: 5 },
  ],
  serviceOfferings: [
    { ...offering('Small Instance'), cpuNumber: 1, cpuSpeedMhz: 2000, memoryMiB: 2048 },
    { ...offering('Medium Instance'), cpuNumber: 4, cpuSpeedMhz: 2000, memoryMiB: 8192 },
    { ...offering('Custom Instance'), customized: true },
  ],
  networks: [
    { ...network('lab-live', 'Isolated', zoneId), cidr: '10.1.1.0/24', gateway: '10.1.1.1' },
    { ...network('lab-dmz', 'Shared', zoneId), cidr: '10.1.2.0/24', gateway: '10.1.2.1' },
    { ...network('lab-test', 'Isolated', zoneId), cidr: '10.9.1.0/24', gateway: '10.9.1.1' },
    { ...network('lab-l2', 'L2', zoneId), vlan: '120' },
  ],
  templates: [
    {
      id: randomUUID(),
      name: 'blank-kvm',
      zoneId,
      ready: true,
      osTypeId: randomUUID(),
      osTypeName: 'Other Linux (64-bit)',
      sizeBytes: GiB,
    },
  ],
});

interface OmaSettings {
  readonly zoneId: string;
  readonly nowMs: number;
  readonly macAddress: string;
  readonly number: number;
  readonly name: string;
}

function makeOma(catalogue: Catalogue, settings: OmaSettings): { vm: VmRow; root: VolumeRow } {
  const { zoneId, nowMs, macAddress, number, name } = settings;
  const createdAt = new Date(nowMs).toISOString();
  const id = randomUUID();
  return {
    vm: {
      id,
      number,
      name,
      displayName: name,
      state: 'Running',
      zoneId,
      serviceOfferingId: firstId(catalogue.serviceOfferings),
      templateId: firstId(catalogue.templates),
      account: 'admin',
      createdAt,
      nics: [
        { id: randomUUID(), networkId: firstId(catalogue.networks), macAddress, ipAddress: `10.1.1.${number + 8}` },
      ],
      details: {},
      bootType: 'BIOS',
      bootMode: 'LEGACY',
    },
    root: {
      id: randomUUID(),
      name: `ROOT-${number}`,
      type: 'ROOT',
      state: 'Ready',
      sizeBytes: 20 * GiB,
      zoneId,
      diskOfferingId: null,
      account: 'admin',
      vmId: id,
      deviceId: 0,
      createdAt,
      attachedAt: createdAt,
      templateId: firstId(catalogue.templates),
      snapshotId: null,
    },
  };
}

function firstId(rows: readonly { id: string }[]): string {
  const [first] = rows;
  invariant(first !== undefined, 'the first world has no such row');
  return first.id;
}

const offering = (name: string) => ({ id: randomUUID(), name, displayText: name, customized: false });

const network = (name: string, type: 'L2' | 'Isolated' | 'Shared', zoneId: string) => ({
  id: randomUUID(),
  name,
  displayText: name,
  type,
  state: type === 'Isolated' ? 'Implemented' : 'Setup',
  zoneId,
});

const account = (name: string, type: 0 | 1, domainId: string) => ({
  id: randomUUID(),
  name,
  type,
  domainId,
  userId: randomUUID(),
  userName: name,
  userState: 'enabled' as const,
});

/** Locally administered, as CloudStack makes them. */
export const randomMac = (): string =>
  ['02', '01', ...Array.from({ length: 4 }, () => randomInt(256).toString(16).padStart(2, '0'))].join(':');
