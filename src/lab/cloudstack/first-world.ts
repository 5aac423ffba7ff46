import { randomInt, randomUUID } from 'node:crypto';
import { invariant } from '../../base/invariant.ts';
import { GiB } from '../../base/units.ts';
import type { VmRow, VolumeRow, World } from './world.ts';

/** The cloud at its first start: a zone, offerings, networks, a template, and the OMA's own VM, running. */

export interface FirstWorldSettings {
  /** Network card of the OMA VM; random by default. */
  readonly omaMacAddress?: string | undefined;
  readonly dataVolumesMax?: number | undefined;
}

export function makeFirstWorld(settings: FirstWorldSettings, nowMs: number): World {
  const domainId = randomUUID();
  const zoneId = randomUUID();
  const catalogue = makeCatalogue(zoneId);
  const oma = makeOma(catalogue, { zoneId, nowMs, macAddress: settings.omaMacAddress ?? randomMac() });
  return {
    version: 1,
    domainId,
    storageId: randomUUID(),
    omaVmId: oma.vm.id,
    dataVolumesMax: settings.dataVolumesMax ?? 24,
    zones: [{ id: zoneId, name: 'lab-zone', allocationState: 'Enabled' }],
    ...catalogue,
    accounts: [account('admin', 1, domainId), account('migrate', 0, domainId)],
    vms: [oma.vm],
    volumes: [oma.root],
    vmSnapshots: [],
    jobs: [],
  };
}

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
}

function makeOma(catalogue: Catalogue, { zoneId, nowMs, macAddress }: OmaSettings): { vm: VmRow; root: VolumeRow } {
  const createdAt = new Date(nowMs).toISOString();
  const id = randomUUID();
  return {
    vm: {
      id,
      number: 2,
      name: 'oma',
      displayName: 'oma',
      state: 'Running',
      zoneId,
      serviceOfferingId: firstId(catalogue.serviceOfferings),
      templateId: firstId(catalogue.templates),
      account: 'admin',
      createdAt,
      nics: [{ id: randomUUID(), networkId: firstId(catalogue.networks), macAddress, ipAddress: '10.1.1.10' }],
    },
    root: {
      id: randomUUID(),
      name: 'ROOT-2',
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
const randomMac = (): string =>
  ['02', '01', ...Array.from({ length: 4 }, () => randomInt(256).toString(16).padStart(2, '0'))].join(':');
