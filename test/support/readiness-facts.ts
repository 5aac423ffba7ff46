import type {
  CloudNetworkFacts,
  DiskFacts,
  ReadinessFacts,
  VmFacts,
  VolumeFacts,
} from '../../src/domain/readiness/facts.ts';
import type { ReadinessQuestion } from '../../src/domain/readiness/rule.ts';

/** Facts about a VM against whose failover nothing speaks: a test changes what it is about. */

const GIB = 1024 ** 3;

export const aNetwork = (id: string, more: Partial<CloudNetworkFacts> = {}): CloudNetworkFacts => ({
  id,
  name: id,
  type: 'Isolated',
  state: 'Implemented',
  gateway: '10.1.1.1',
  cidr: '10.1.1.0/24',
  vlan: undefined,
  vpcId: undefined,
  ...more,
});

export const aVolume = (more: Partial<VolumeFacts> = {}): VolumeFacts => ({
  volumeId: 'volume-1',
  name: 'migration-web01-disk-2000',
  sizeBytes: GIB,
  state: 'attached',
  snapshotName: null,
  snapshotStatus: 'none',
  overlay: null,
  place: { vmId: 'oma', mode: 'oma', cloudstackState: 'attached', linuxState: 'detected', linuxReason: null },
  exportStatus: null,
  ...more,
});

export const aDisk = (more: Partial<DiskFacts> = {}): DiskFacts => ({
  diskId: 'disk-2000',
  capacityBytes: GIB,
  commitJobId: 'job-1',
  changeId: 'aa/1',
  targetGeneration: 3,
  committedGeneration: 3,
  isDirty: false,
  fullReason: null,
  doubt: null,
  volume: aVolume(),
  ...more,
});

export const aVm = (more: Partial<VmFacts> = {}): VmFacts => ({
  contextId: 'ctx-web01',
  vmName: 'web01',
  status: 'ready_for_failover',
  isFolder: false,
  powerState: 'poweredOn',
  toolsStatus: 'toolsOk',
  osFamily: 'linux',
  firmware: 'bios',
  isSecureBoot: false,
  cpuCount: 2,
  memoryMb: 2048,
  hasCredential: true,
  sourceDiskIds: ['disk-2000'],
  unreplicatedDisks: [],
  adapters: [{ networkName: 'VM Network', macAddress: '00:50:56:00:00:01' }],
  commitJobId: 'job-1',
  committedPointAt: new Date('2026-01-14T09:00:00Z'),
  ...more,
});

const mapping = (destinationNetworkId: string, isTestNetwork: boolean) => ({
  sourceNetworkName: 'VM Network',
  destinationNetworkId,
  destinationNetworkName: destinationNetworkId,
  isTestNetwork,
});

export const goodFacts = (more: Partial<ReadinessFacts> = {}): ReadinessFacts => ({
  now: new Date('2026-01-14T10:00:00Z'),
  vm: aVm(),
  disks: [aDisk()],
  mappings: [mapping('prod', false), mapping('lab', true)],
  networkUses: [
    { destinationNetworkId: 'prod', isTest: false, vms: 2, vmName: 'web01' },
    { destinationNetworkId: 'lab', isTest: true, vms: 1, vmName: 'web01' },
  ],
  activeJobs: [],
  target: { configId: 1, name: 'cloud', zone: 'z', templateId: 't', serviceOfferingId: 'o', omaVmId: 'oma' },
  volumeFindings: [],
  cloud: {
    networks: [aNetwork('prod'), aNetwork('lab')],
    serviceOfferings: [{ id: 'o', name: 'any size', customized: true, cpuNumber: undefined, memoryMiB: undefined }],
    templates: [{ id: 't', name: 'empty', ready: true }],
  },
  ...more,
});

export const asksLive = (more: Partial<ReadinessQuestion> = {}): ReadinessQuestion => ({
  type: 'live',
  powerOffSource: true,
  performFinalSync: true,
  skipVirtio: false,
  skipValidation: false,
  serviceOfferingId: null,
  templateId: null,
  ...more,
});

export const asksTest = (more: Partial<ReadinessQuestion> = {}): ReadinessQuestion =>
  asksLive({ type: 'test', powerOffSource: false, performFinalSync: false, ...more });
