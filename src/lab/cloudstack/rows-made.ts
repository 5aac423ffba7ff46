import { z } from 'zod';
import { id } from './rows-offered.ts';

/** Rows of the simulated cloud that commands make and change. */

export const vmRow = z.object({
  id,
  /** Id in the database of the management server; some error texts show it. */
  number: z.int(),
  /** Also the hostname. */
  name: z.string(),
  displayName: z.string(),
  state: z.enum(['Running', 'Stopped', 'Starting', 'Stopping', 'Destroyed', 'Error']),
  zoneId: id,
  serviceOfferingId: id,
  templateId: id,
  account: z.string(),
  createdAt: z.string(),
  nics: z.array(z.object({ id, networkId: id, macAddress: z.string(), ipAddress: z.string() })),
  /** `details[0].name=value` of the deployment. */
  details: z.record(z.string(), z.string()).default({}),
  bootType: z.enum(['BIOS', 'UEFI']).default('BIOS'),
  bootMode: z.enum(['LEGACY', 'SECURE']).default('LEGACY'),
});

export const volumeRow = z.object({
  id,
  name: z.string(),
  type: z.enum(['ROOT', 'DATADISK']),
  /** Allocated has no storage; Destroy is one that can be recovered; the others are at work on a Ready one. */
  state: z.enum(['Allocated', 'Ready', 'Snapshotting', 'RevertSnapshotting', 'Destroy']),
  sizeBytes: z.int().positive(),
  zoneId: id,
  diskOfferingId: id.nullable(),
  account: z.string(),
  vmId: id.nullable(),
  deviceId: z.int().nullable(),
  createdAt: z.string(),
  attachedAt: z.string().nullable(),
  /** Of a root disk that came with its VM. */
  templateId: id.nullable().default(null),
  /** Of a volume that was made from one. */
  snapshotId: id.nullable().default(null),
});

export const snapshotRow = z.object({
  id,
  name: z.string(),
  volumeId: id,
  volumeName: z.string(),
  volumeType: z.enum(['ROOT', 'DATADISK']),
  zoneId: id,
  /** Of the volume, when the snapshot was taken. */
  sizeBytes: z.int().positive(),
  state: z.enum(['Allocated', 'Creating', 'BackingUp', 'BackedUp', 'Error']),
  account: z.string(),
  createdAt: z.string(),
});

export const vmSnapshotRow = z.object({
  id,
  /** Made by the server; unique. */
  name: z.string(),
  /** As the client named it. */
  displayName: z.string(),
  description: z.string().nullable(),
  vmId: id,
  type: z.enum(['Disk', 'DiskAndMemory']),
  state: z.enum(['Allocated', 'Creating', 'Ready', 'Reverting', 'Expunging', 'Error']),
  /** The one that the VM goes on from. */
  current: z.boolean(),
  parentId: id.nullable(),
  account: z.string(),
  createdAt: z.string(),
});

export const jobRow = z.object({
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
