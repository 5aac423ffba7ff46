import type { z } from 'zod';
import { listOmaVms, type OmaVm as OmaVmRow } from '../../db/stores/oma-vm-store.ts';
import { readSlots } from '../../db/stores/slot-store.ts';
import { planSlots } from '../../domain/slots/plan.ts';
import type { SlotState, Wait } from '../../domain/slots/state.ts';
import type { ApiContext } from '../context.ts';
import { defineRoute, noBody, noParams, noQuery, type Route } from '../route.ts';
import { AttachSlots, type OmaVmSlots, type SlotWait } from '../schemas/attach-slots.ts';

export const attachSlotRoutes = (context: ApiContext): readonly Route[] => [show(context)];

const show = ({ db }: ApiContext): Route =>
  defineRoute({
    method: 'get',
    path: '/attach-slots',
    summary: 'Places for data disks at the OMA VMs, and the line for them',
    description:
      'A replication has slots for all of its volumes at one OMA VM while it runs. Volumes stay attached afterwards, ' +
      'and are detached, longest idle first, when somebody needs their slot.',
    tag: 'volumes',
    params: noParams,
    query: noQuery,
    body: noBody,
    answers: { 200: { description: 'OMA VMs and line', schema: AttachSlots } },
    async handle() {
      const vms = await listOmaVms(db);
      const state = await readSlots(db, vms);
      return { status: 200, body: { oma_vms: vms.map((vm) => presentVm(vm, state)), waiting: presentLine(state) } };
    },
  });

function presentVm(vm: OmaVmRow, { attached, requests }: SlotState): z.output<typeof OmaVmSlots> {
  const held = new Set(requests.filter((each) => each.vm === vm.id).flatMap((each) => each.volumeIds));
  const others = attached.filter((each) => each.vm === vm.id && !held.has(each.volumeId));
  const inUse = others.filter((each) => each.isKept || each.evictedBy !== null).length;
  return {
    vm_id: vm.vmId,
    name: vm.name,
    zone_id: vm.zoneId,
    volume_daemon_url: vm.volumeDaemonUrl,
    away: vm.isAway,
    last_seen_at: vm.lastSeenAt.toISOString(),
    slots: vm.slots,
    foreign: vm.foreignDisks,
    held: held.size,
    idle: others.length - inUse,
    in_use: inUse,
    room_seen: vm.roomSeen,
  };
}

const WAITS_FOR: Readonly<Record<Wait['kind'], z.output<typeof SlotWait>['waits_for']>> = {
  line: 'room',
  away: 'volume-daemon',
  'no-vm': 'volume-daemon',
  full: 'foreign-disks',
  never: 'nothing',
};

function presentLine(state: SlotState): z.output<typeof SlotWait>[] {
  const { waits } = planSlots(state);
  return state.requests
    .filter((request) => request.vm === null)
    .map(({ jobId, zoneId, volumeIds }) => {
      const wait = waits.get(jobId);
      return {
        job_id: jobId,
        zone_id: zoneId,
        slots: volumeIds.length,
        waits_for: wait === undefined ? 'nothing' : WAITS_FOR[wait.kind],
        place: wait?.kind === 'line' ? wait.place : null,
      };
    });
}
