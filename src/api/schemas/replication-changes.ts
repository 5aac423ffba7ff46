import { z } from 'zod';
import { BytesPerS } from './bandwidth-limits.ts';

/** What may be asked to change about a replication, and what its deletion answers. */

export const UpdateReplication = z
  .looseObject({
    target_network: z.string().min(1).max(191).nullish().meta({
      description: 'network of the target cloud that is meant for the VM; null takes it back',
      example: 'net-2',
    }),
    bandwidth_limit_bytes_per_s: BytesPerS.nullish().meta({
      description:
        'most that it may read, all disks together, bytes per second, at least 65536; 0: no limit of its own; null: the ' +
        'one of all jobs. A copy that runs follows within two seconds',
      example: 52_428_800,
    }),
    status: z
      .literal('cancelled', 'only "cancelled" can be asked for: the worker writes the rest')
      .optional()
      .meta({ description: 'cancelled: the same as POST /replications/{id}/cancel', example: 'cancelled' }),
  })
  .meta({
    id: 'UpdateReplication',
    description: 'Any other field is refused and named: what a job does and how far it is, is written by its worker.',
  });
export type UpdateReplication = z.output<typeof UpdateReplication>;

export const DeleteReplicationQuery = z.strictObject({
  delete_volumes: z.enum(['true', 'false']).optional().meta({
    description:
      'true deletes the target volumes of the VM although other replications of it remain; with the last replication they always go',
    example: 'true',
  }),
});

export const DeletionAccepted = z
  .object({
    message: z.string().meta({
      description: 'what happens now',
      example: 'deletion of job-20260114-093000.123-a1b2c3 of web01 and 2 volumes accepted',
    }),
    job_id: z.string().meta({
      description: 'the replication that is deleted',
      example: 'job-20260114-093000.123-a1b2c3',
    }),
    deletion_tracking_id: z.string().meta({
      description: 'the job that deletes it; GET /jobs/{id} follows it',
      example: 'delete-20260114-101500.456-d4e5f6',
    }),
    operations: z
      .object({
        volumes_deleted: z.boolean().meta({ description: 'the target volumes are deleted' }),
        database_cleaned: z.boolean().meta({ description: 'the rows of the replication are gone' }),
        nbd_exports_removed: z.boolean().meta({ description: 'nothing serves its volumes any more' }),
      })
      .meta({ description: 'what is done already; false in this answer, because a job does it' }),
    volume_deletion_warning: z.string().optional().meta({
      description: 'volumes that will be kept, because another VM has them',
      example: 'attached to another VM, and kept while that is so: 6f1c... (VM 0a2b...)',
    }),
  })
  .meta({
    id: 'DeletionAccepted',
    description: 'A replication that is going to be deleted, and the job that does it.',
  });
