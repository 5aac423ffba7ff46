import { z } from 'zod';
import type { ReadConsoleText } from '../../cloudstack/console-text.ts';
import type { Knex } from '../../db/knex.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import type { JobRun } from '../../queues/define-job.ts';
import type { FailoverPayload } from '../../queues/jobs/failover.ts';
import type { VmaClient } from '../../vma/client.ts';
import type { Cloud, OpenCloud } from '../../volumes/cloud.ts';
import type { BootTiming } from './boot-verdict.ts';

/** What a failover needs from the world. */
export interface FailoverDeps {
  readonly db: Knex;
  readonly vma: VmaClient;
  /** Opens what is sealed. */
  readonly box: SecretBox;
  readonly openCloud: OpenCloud;
  /** What the last replication of a live failover may take; it is counted from its acceptance. */
  readonly finalSyncMs: number;
  /** Undefined: nobody can tell what a console shows. */
  readonly readConsole: ReadConsoleText | undefined;
  /** Of the look at a VM that was started; what is left out is as in boot-verdict.ts. */
  readonly bootTiming?: Partial<BootTiming>;
}

/** What each step of one failover sees. */
export interface Failover {
  readonly run: JobRun<FailoverPayload>;
  readonly deps: FailoverDeps;
}

/** Output of `validation`: all that was decided, fixed from then on. */
export const FailoverPlan = z.object({
  vmName: z.string(),
  source: z.object({ kind: z.enum(['folder', 'vsphere']), vm: z.string() }),
  configId: z.int(),
  zoneId: z.string(),
  /** In the order in which the new VM gets them. */
  volumes: z.array(z.object({ diskId: z.string(), volumeId: z.string(), omaVmId: z.string().nullable() })).min(1),
  instance: z.object({
    name: z.string(),
    displayName: z.string(),
    serviceOfferingId: z.string(),
    templateId: z.string(),
    details: z.record(z.string(), z.string()),
    boot: z.object({ type: z.enum(['UEFI', 'BIOS']), mode: z.enum(['LEGACY', 'SECURE']) }),
    nics: z.array(z.object({ networkId: z.string(), macAddress: z.string().optional() })),
  }),
});
export type FailoverPlan = z.output<typeof FailoverPlan>;

/** Output of `source-vm-power-off`. */
export const PoweredOff = z.object({
  /** We switched it off, now or in an attempt before. */
  isOurs: z.boolean(),
  /** Since then nothing is written at the source any more. */
  offAt: z.iso.datetime(),
});

/** Output of `vm-creation`. */
export const CreatedVm = z.object({
  vmId: z.string(),
  /** Comes with the template, and is thrown away. */
  rootVolumeId: z.string(),
});

/** The cloud that the volumes of the VM are in. */
export const cloudOf = ({ deps }: Failover, plan: FailoverPlan): Promise<Cloud> => deps.openCloud(plan.configId);

/** Ids of the volumes that must outlive the new VM. */
export const volumeIds = ({ volumes }: FailoverPlan): string[] => volumes.map(({ volumeId }) => volumeId);
