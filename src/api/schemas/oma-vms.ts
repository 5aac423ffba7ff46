import { z } from 'zod';
import { contextId, flag, text } from './fields.ts';

const VM = '2c1d0b7e-0000-4000-8000-000000000001';
const vmId = text('id of the VM in CloudStack', VM);

export const OmaVmPath = z.object({ vm_id: vmId.min(1).max(191) });

export const ForgetOmaVmQuery = z.strictObject({
  lose_overlays: z.enum(['true', 'false']).default('false').meta({
    description: 'true: committed changes that lie on that VM alone are lost; their disks are copied in full',
    example: 'true',
  }),
});

const LetGo = z
  .object({
    volume_id: text('UUID of the volume', '0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0'),
    name: text('its name', 'migration-ctx-web01-20260101-120000-disk-2000'),
    vm_context_id: contextId('the VM that it belongs to').nullable(),
    found: z.enum(['detached', 'elsewhere', 'gone']).meta({
      description: 'where CloudStack has it: attached nowhere, at another VM, or not at all',
      example: 'detached',
    }),
    attached_to: text('the VM that CloudStack has it at', VM).nullable(),
    changes_lost: flag('its last committed changes lay on the VM that is gone'),
  })
  .meta({ id: 'LetGoVolume', description: 'A volume that our rows had at a VM that is gone.' });

export const ForgottenOmaVm = z
  .object({
    message: text('what was done', 'oma-2 is forgotten; the disks of 3 volumes are copied in full next'),
    vm_id: vmId,
    name: text('its name', 'oma-2'),
    cloudstack_state: text('state of the VM; null where CloudStack has none of this id', 'Stopped').nullable(),
    volumes: z.array(LetGo).meta({ description: 'volumes that our rows had there' }),
  })
  .meta({ id: 'ForgottenOmaVm', description: 'An OMA VM that is not known any more.' });
