import { z } from 'zod';

/** Everything that the simulated cloud remembers: one JSON document. Plain rows, changed in place by the commands. */

const id = z.string().min(1);

const zoneRow = z.object({ id, name: z.string(), allocationState: z.enum(['Enabled', 'Disabled']) });

const diskOfferingRow = z.object({
  id,
  name: z.string(),
  displayText: z.string(),
  customized: z.boolean(),
  /** 0 when customized. */
  diskSizeGiB: z.int().min(0),
});

const serviceOfferingRow = z.object({
  id,
  name: z.string(),
  displayText: z.string(),
  customized: z.boolean(),
  cpuNumber: z.int().optional(),
  cpuSpeedMhz: z.int().optional(),
  memoryMiB: z.int().optional(),
});

const networkRow = z.object({
  id,
  name: z.string(),
  displayText: z.string(),
  type: z.enum(['L2', 'Isolated', 'Shared']),
  state: z.string(),
  zoneId: id,
  vlan: z.string().optional(),
  cidr: z.string().optional(),
  gateway: z.string().optional(),
});

const templateRow = z.object({
  id,
  name: z.string(),
  zoneId: id,
  ready: z.boolean(),
  osTypeId: id,
  osTypeName: z.string(),
  sizeBytes: z.int(),
});

const accountRow = z.object({
  id,
  name: z.string(),
  /** 1 root admin, 0 user: as CloudStack numbers them. */
  type: z.union([z.literal(0), z.literal(1)]),
  domainId: id,
  userId: id,
  userName: z.string(),
  userState: z.enum(['enabled', 'disabled']),
});

const vmRow = z.object({
  id,
  /** Id in the database of the management server; some error texts show it. */
  number: z.int(),
  name: z.string(),
  displayName: z.string(),
  state: z.enum(['Running', 'Stopped', 'Starting', 'Stopping', 'Destroyed', 'Error']),
  zoneId: id,
  serviceOfferingId: id,
  templateId: id,
  account: z.string(),
  createdAt: z.string(),
  nics: z.array(z.object({ id, networkId: id, macAddress: z.string(), ipAddress: z.string() })),
});

const volumeRow = z.object({
  id,
  name: z.string(),
  type: z.enum(['ROOT', 'DATADISK']),
  state: z.enum(['Allocated', 'Ready']),
  sizeBytes: z.int().positive(),
  zoneId: id,
  diskOfferingId: id.nullable(),
  account: z.string(),
  vmId: id.nullable(),
  deviceId: z.int().nullable(),
  createdAt: z.string(),
  attachedAt: z.string().nullable(),
});

const vmSnapshotRow = z.object({
  id,
  name: z.string(),
  vmId: id,
  state: z.enum(['Ready', 'Creating', 'Error']),
  createdAt: z.string(),
});

const jobRow = z.object({
  id,
  command: z.string(),
  parameters: z.record(z.string(), z.string()),
  account: z.string(),
  instanceType: z.enum(['Volume', 'VirtualMachine', 'Snapshot', 'VmSnapshot']),
  instanceId: id,
  /** 0 in progress, 1 succeeded, 2 failed. */
  status: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  resultCode: z.int(),
  result: z.record(z.string(), z.unknown()).nullable(),
  createdAt: z.string(),
  completedAt: z.string().nullable(),
});

export const worldSchema = z.object({
  version: z.literal(1),
  domainId: id,
  storageId: id,
  omaVmId: id,
  /** Volumes per VM besides the root disk. */
  dataVolumesMax: z.int().positive(),
  zones: z.array(zoneRow),
  diskOfferings: z.array(diskOfferingRow),
  serviceOfferings: z.array(serviceOfferingRow),
  networks: z.array(networkRow),
  templates: z.array(templateRow),
  accounts: z.array(accountRow),
  vms: z.array(vmRow),
  volumes: z.array(volumeRow),
  vmSnapshots: z.array(vmSnapshotRow),
  jobs: z.array(jobRow),
});

export type World = z.output<typeof worldSchema>;
export type VmRow = z.output<typeof vmRow>;
export type VolumeRow = z.output<typeof volumeRow>;
export type JobRow = z.output<typeof jobRow>;
export type AccountRow = z.output<typeof accountRow>;
