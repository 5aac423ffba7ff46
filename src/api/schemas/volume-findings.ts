import { z } from 'zod';
import { VolumeFindingKind } from '../../domain/volume-findings.ts';
import { contextId, count, ErrorCode, flag, jobId, NextCursor, text, time, Total } from './fields.ts';

const EXAMPLE_VOLUME = '0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0';
const volumeId = text('UUID of the volume in CloudStack', EXAMPLE_VOLUME);

export const VolumeFinding = z
  .object({
    volume_id: volumeId,
    kind: VolumeFindingKind.meta({
      description:
        'orphan: named as ours, in no row of ours; unknown-context: the same, of a VM that we do not know; gone: in our rows only; attached-elsewhere, not-attached, other-size: the cloud says otherwise than our rows; same-name: several bear this name; attach-unfinished: nobody saw the end of an attach; device: its disk on the appliance is missing or must not be used; snapshot-stuck: a snapshot of it is incomplete, and no job of the cloud works on it; snapshot-left: its failover has ended, and no row follows the snapshot',
      example: 'orphan',
    }),
    name: text('its name', 'migration-web01-web01-disk-0'),
    vm_context_id: contextId('the VM that it belongs to').nullable(),
    text: text('what is the matter', 'volume migration-web01-web01-disk-0 is named as one of ours and no row knows it'),
    next_step: text('what a person does', 'adopt it when its disk has no volume, or remove it'),
    confirmed: flag('seen by two looks in a row: only then it may be adopted or removed'),
    looks: count('how often it was seen in a row', 2),
    first_seen_at: time('when it was first seen'),
    last_seen_at: time('when it was last seen'),
    details: z
      .record(z.string(), z.union([z.string(), z.number(), z.null()]))
      .meta({ description: 'what was compared', example: { attached_to: null } }),
    ossea_config_id: count('the CloudStack', 1).nullable(),
  })
  .meta({ id: 'VolumeFinding', description: 'Where our rows and CloudStack disagree about a volume.' });

export const VolumeLook = z
  .object({
    ossea_config_id: count('the CloudStack', 1),
    tried_at: time('when it was last asked'),
    looked_at: z.union([time('when it answered last: what is shown is of then'), z.null()]),
    volumes: count('how many volumes it had then', 12).nullable(),
    error: z
      .union([z.object({ code: ErrorCode, text: text('what went wrong', 'cloudstack does not answer') }), z.null()])
      .meta({ description: 'why the last look failed' }),
  })
  .meta({ id: 'VolumeLook', description: 'The last look at the volumes of a CloudStack.' });

export const VolumeFindings = z
  .object({
    findings: z.array(VolumeFinding).meta({ description: 'by kind and name' }),
    looks: z.array(VolumeLook).meta({ description: 'which clouds were looked at' }),
    count: Total,
    next_cursor: NextCursor,
  })
  .meta({ id: 'VolumeFindings', description: 'A page of what the last looks found.' });

export const VolumeFindingPath = z.object({ volume_id: volumeId.min(1).max(191) });

export const AdoptedVolume = z
  .object({
    volume_id: volumeId,
    vm_context_id: contextId('the VM'),
    disk_id: text('its disk', 'web01-disk-0'),
  })
  .meta({ id: 'AdoptedVolume', description: 'The disk that has this volume now; its next copy is a full one.' });

export const RemoveVolumeQuery = z.strictObject({
  confirm_name: z.string().max(255).optional().meta({
    description: 'the name of the volume; needed for one of a VM that we do not know',
    example: 'migration-x-disk-0',
  }),
});

export const RemovedVolume = z
  .object({ volume_id: volumeId, job_id: jobId('the job that deletes it; its operation is at the volume daemon') })
  .meta({ id: 'RemovedVolume', description: 'Its deletion was accepted.' });
