import { z } from 'zod';
import { SECOND } from '../../base/units.ts';
import {
  replicationBegun,
  replicationChildWaits,
  replicationSettled,
  replicationWaits,
} from '../../db/stores/replication-rows.ts';
import { defineJob } from '../define-job.ts';

/**
 * Replication of one VM: the same workflow under two names. Which queue a request goes to is decided when it is
 * accepted (a committed changeId on any disk: sync-cbt); full or incremental is decided per disk while it runs.
 */
export const ReplicationPayload = z.object({
  contextId: z.string().min(1),
  /** Every disk is copied in full, whatever its changeId says. */
  forceFull: z.boolean(),
  /** How much is read again after the copy; absent: as the worker is set. */
  verify: z.enum(['off', 'sample', 'full']).optional(),
});
export type ReplicationPayload = z.output<typeof ReplicationPayload>;

/** What reading a target again has shown; absent where nothing was. */
export const DiskVerification = z.object({
  mode: z.enum(['sample', 'full']),
  bytesVerified: z.int(),
  mismatches: z.int(),
  repairedBytes: z.int(),
  seconds: z.number(),
});

export const ReplicationResult = z.object({
  type: z.enum(['initial', 'incremental']),
  bytesTransferred: z.int(),
  disks: z.array(
    z.object({
      diskId: z.string(),
      mode: z.enum(['full', 'incremental']),
      changeId: z.string().nullable(),
      verify: DiskVerification.optional(),
    }),
  ),
});
export type ReplicationResult = z.output<typeof ReplicationResult>;

export const replicate = defineJob({
  name: 'replicate',
  queue: 'replicate',
  jobType: 'migration',
  jobCategory: 'replication',
  idPrefix: 'job',
  payload: ReplicationPayload,
  result: ReplicationResult,
  // Hours of copying are at stake and a resumed attempt loses little: be patient.
  maxAttempts: 20,
  stopsWithinMs: 20 * SECOND,
  title: (payload) => `replicate ${payload.contextId}`,
  rows: {
    begun: replicationBegun,
    waits: replicationWaits,
    childWaits: replicationChildWaits,
    settled: replicationSettled,
  },
});

export const syncCbt = defineJob({
  ...replicate,
  name: 'sync-cbt',
  queue: 'sync-cbt',
  title: (p) => `sync ${p.contextId}`,
});
