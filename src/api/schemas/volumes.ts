import { z } from 'zod';
import { OPERATION_TYPES } from '../../db/stores/volume-operation-store.ts';
import { bytes, contextId, count, jobId, NextCursor, Page, text, Time, time, Total } from './fields.ts';

const VOLUME = '0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0';
const VM = '2c1d0b7e-0000-4000-8000-000000000001';

export const VolumeQuery = Page.extend({
  context_id: contextId('only volumes of this VM').min(1).max(64).optional(),
});

const Volume = z
  .object({
    volume_id: text('UUID in CloudStack', VOLUME),
    name: text('its name', 'migration-ctx-web01-20260101-120000-disk-2000'),
    vm_context_id: contextId('the VM that it belongs to').nullable(),
    vm_name: text('name of that VM', 'web01').nullable(),
    disk_id: text('the disk that it is the target of', 'disk-2000').nullable(),
    size_bytes: bytes('size in CloudStack', 42_949_672_960),
    state: text('creating, detached or attached', 'attached'),
    attached_to: text('VM of CloudStack that it is attached to', VM).nullable(),
    oma_vm_name: text('name of that VM, where it is an OMA VM', 'oma-1').nullable(),
    operation_mode: z
      .enum(['oma', 'failover'])
      .nullable()
      .meta({ description: 'oma: for replications; failover: in the hands of a failover', example: 'oma' }),
    device_path: text('its device on the OMA VM; null where it has none', '/dev/vdb').nullable(),
    device_state: text('waiting, detected, missing, refused or n/a', 'detected').nullable(),
    ossea_config_id: count('the CloudStack that it is in', 1).nullable(),
    ossea_config_name: text('name of that configuration', 'cloud-1').nullable(),
    findings: count('findings about it: see /volumes/findings', 0),
  })
  .meta({ id: 'Volume', description: 'A target volume, by our rows: CloudStack is not asked.' });

export const Volumes = z
  .object({ volumes: z.array(Volume).meta({ description: 'by name' }), count: Total, next_cursor: NextCursor })
  .meta({ id: 'Volumes', description: 'A page of target volumes.' });

const STATUSES = ['pending', 'executing', 'completed', 'failed', 'cancelled'] as const;
const Type = z.enum(OPERATION_TYPES).meta({ description: 'what is done', example: 'attach' });
const Status = z.enum(STATUSES).meta({ description: 'how far it is', example: 'completed' });

export const VolumeOperationQuery = Page.extend({
  type: Type.optional(),
  status: Status.optional(),
  volume_id: text('only those of this volume', VOLUME).min(1).max(191).optional(),
});

const document = (description: string) =>
  z
    .union([z.record(z.string(), z.unknown()), z.null()])
    .meta({ description, example: { volume_id: VOLUME, device_path: '/dev/vdb' } });

const VolumeOperation = z
  .object({
    id: jobId('id of the operation, and of its job'),
    type: Type,
    status: Status,
    volume_id: text('the volume', VOLUME).nullable(),
    vm_id: text('the VM of CloudStack, where there is one', VM).nullable(),
    request: document('what was asked for'),
    response: document('what came of it; null until it is completed'),
    error: text('why it failed, or why the last attempt did', 'cloudstack does not answer').nullable(),
    created_at: Time,
    updated_at: time('when it changed last'),
    completed_at: time('when it ended').nullable(),
  })
  .meta({ id: 'VolumeOperation', description: 'A change of a volume, worked off by a volume daemon.' });

export const VolumeOperations = z
  .object({
    operations: z.array(VolumeOperation).meta({ description: 'newest first' }),
    count: Total,
    next_cursor: NextCursor,
  })
  .meta({ id: 'VolumeOperations', description: 'A page of operations on volumes.' });
