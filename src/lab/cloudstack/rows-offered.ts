import { z } from 'zod';

/** Rows of the simulated cloud that a client chooses from and does not change. */

export const id = z.string().min(1);

export const zoneRow = z.object({ id, name: z.string(), allocationState: z.enum(['Enabled', 'Disabled']) });

export const diskOfferingRow = z.object({
  id,
  name: z.string(),
  displayText: z.string(),
  customized: z.boolean(),
  /** 0 when customized. */
  diskSizeGiB: z.int().min(0),
});

export const serviceOfferingRow = z.object({
  id,
  name: z.string(),
  displayText: z.string(),
  customized: z.boolean(),
  cpuNumber: z.int().optional(),
  cpuSpeedMhz: z.int().optional(),
  memoryMiB: z.int().optional(),
});

export const networkRow = z.object({
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

export const templateRow = z.object({
  id,
  name: z.string(),
  zoneId: id,
  ready: z.boolean(),
  osTypeId: id,
  osTypeName: z.string(),
  sizeBytes: z.int(),
});

/** Below the root domain. */
export const domainRow = z.object({ id, name: z.string() });

export const accountRow = z.object({
  id,
  name: z.string(),
  /** 1 root admin, 0 user: as CloudStack numbers them. */
  type: z.union([z.literal(0), z.literal(1)]),
  domainId: id,
  userId: id,
  userName: z.string(),
  userState: z.enum(['enabled', 'disabled']),
});
