import { z } from 'zod';

/** Printable, no blanks at the ends; `*` means "everything in use" to vCenter and names no state. */
const ChangeId = z
  .string()
  .max(191)
  .regex(/^(?!\*$)[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, 'must be a changeId: printable ASCII, and not *')
  .meta({
    description: 'names the state of a disk at a snapshot, as the source gave it: {uuid}/{number}',
    example: '52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/81',
  });

const DiskId = z.string().min(1).max(191).meta({ description: 'disk-{vmware device key}', example: 'disk-2000' });

export const ChangeIdQuery = z.strictObject({
  vm_path: z.string().min(1).max(500).meta({ description: 'inventory path of the VM', example: '/DC/vm/web01' }),
  disk_id: DiskId.optional().meta({
    description: 'the disk that is asked about; without it the first disk of the VM that has a changeId',
    example: 'disk-2000',
  }),
  vcenter_host: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .meta({ description: 'needed where two vCenters have a VM with this path', example: 'vc1.example.net' }),
});

export const ChangeIdFound = z
  .object({
    vm_path: z.string().meta({ description: 'as asked', example: '/DC/vm/web01' }),
    change_id: z.string().meta({
      description:
        'changes since this state bring the target up to date; empty when there is none: then the disk is copied in full',
      example: '52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/81',
    }),
    disk_id: DiskId.optional().meta({
      description: 'the disk that change_id belongs to, and no other; or the disk that was asked about',
      example: 'disk-2000',
    }),
    message: z.string().meta({
      description: 'what was found, or why the disk has to be copied in full',
      example: 'changes of disk-2000 since this state are enough',
    }),
  })
  .meta({ id: 'ChangeIdFound', description: 'The state that an incremental copy of a disk may start from.' });

export const StoreChangeId = z
  .strictObject({
    change_id: ChangeId,
    disk_id: DiskId.default('disk-2000').meta({
      description: 'the disk whose target now holds that state, flushed; disk-2000 without it',
      example: 'disk-2000',
    }),
    previous_change_id: ChangeId.nullish().meta({
      description: 'the state that the changes were copied onto; without it the whole disk was copied',
    }),
    epoch: z
      .int()
      .positive()
      .meta({
        description:
          'number of the claim under which the disk was copied, as the worker that holds the job hands it to its mover; ' +
          'no answer tells it, because one that is asked for after the copy would prove nothing. Not the current one: refused',
        example: 3,
      }),
  })
  .meta({ id: 'StoreChangeId', description: 'An external mover has copied a disk up to this state and flushed it.' });
export type StoreChangeId = z.output<typeof StoreChangeId>;

export const ChangeIdStored = z
  .object({
    job_id: z.string().meta({ description: 'the replication', example: 'job-20260114-093000.123-a1b2c3' }),
    disk_id: DiskId,
    change_id: z.string().meta({
      description: 'stored for the disk',
      example: '52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/81',
    }),
    message: z.string().meta({
      description: 'what that means for the next replication',
      example: 'stored: the next replication copies what changed since',
    }),
  })
  .meta({ id: 'ChangeIdStored', description: 'The next replication of the disk starts from this state.' });
