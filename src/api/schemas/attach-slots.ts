import { z } from 'zod';
import { count, flag, jobId, text, time } from './fields.ts';

export const OmaVmSlots = z
  .object({
    vm_id: text('id of the VM in CloudStack', '2c1d0b7e-0000-4000-8000-000000000001'),
    name: text('name of the VM', 'oma-1'),
    zone_id: text('its zone', '2c1d0b7e-0000-4000-8000-000000000002'),
    volume_daemon_url: text('where its volume daemon is', 'http://127.0.0.1:8090'),
    away: flag('its volume daemon has not been heard of for half a minute: it gets no new volumes'),
    last_seen_at: time('when it was last heard of'),
    slots: count('most data disks', 24),
    foreign: count('data disks that are attached and none of ours', 1),
    held: count('volumes of jobs that have slots here, attached or about to be', 6),
    idle: count('volumes that are attached, and that may be detached when somebody needs the slot', 9),
    in_use: count('volumes that are attached and belong to other work', 0),
    room_seen: z
      .union([count('volumes', 15), z.null()])
      .meta({ description: 'most volumes of ours, as a refusal of CloudStack has shown in the last ten minutes' }),
  })
  .meta({ id: 'OmaVmSlots', description: 'A VM that target volumes are attached to, and its places for data disks.' });

export const SlotWait = z
  .object({
    job_id: jobId('the job that waits'),
    zone_id: text('the zone of its volumes', '2c1d0b7e-0000-4000-8000-000000000002'),
    slots: count('how many it needs, all at one OMA VM', 3),
    waits_for: z.enum(['room', 'volume-daemon', 'foreign-disks', 'nothing']).meta({
      description:
        'room: its turn in the line; volume-daemon: one that is away; foreign-disks: others take too much everywhere; nothing: it gets them when it looks next',
      example: 'room',
    }),
    place: z.union([count('1 is the next', 2), z.null()]).meta({ description: 'place in the line of the zone' }),
  })
  .meta({ id: 'SlotWait', description: 'A replication that waits for attach slots.' });

export const AttachSlots = z
  .object({
    oma_vms: z.array(OmaVmSlots).meta({ description: 'in the order in which they came' }),
    waiting: z.array(SlotWait).meta({ description: 'by the time of asking' }),
  })
  .meta({ id: 'AttachSlots', description: 'Who has places for data disks at the OMA VMs, and who waits for some.' });
