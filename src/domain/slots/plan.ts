import { Rooms } from './rooms.ts';
import type { RoomOfVm, SlotPlan, SlotRequest, SlotState, Wait } from './state.ts';

/**
 * Gives slots away: all of a VM's volumes at one OMA VM, or none. There is one line per zone and it is strict: whoever
 * asked later gets nothing while somebody before him waits for room, so what becomes free adds up until it is enough
 * even for the largest. Only who waits for something else than room, a daemon that is away, lets others pass.
 */
export function planSlots(state: SlotState): SlotPlan {
  const rooms = new Rooms(state);
  const grants: { jobId: string; vm: number }[] = [];
  const waits = new Map<string, Wait>();
  const evictions = new Map<string, readonly string[]>();
  const ahead = new Map<string, number>();
  // Zones where only the end of running jobs helps the next in line: nothing is detached there for those behind.
  const stuck = new Set<string>();
  for (const request of state.requests) {
    if (request.vm !== null) continue;
    const able = ableOf(rooms, request);
    if ('kind' in able) {
      waits.set(request.jobId, able);
      continue;
    }
    const place = (ahead.get(request.zoneId) ?? 0) + 1;
    const vm = place === 1 ? rooms.bestFor(request, able.vms) : undefined;
    if (vm !== undefined) {
      rooms.hold(request, vm);
      grants.push({ jobId: request.jobId, vm });
      continue;
    }
    ahead.set(request.zoneId, place);
    waits.set(request.jobId, { kind: 'line', place, vms: able.vms.map((each) => each.name) });
    if (stuck.has(request.zoneId)) continue;
    const way = rooms.wayFor(request, { vms: able.vms, isHead: place === 1 });
    if (way === undefined) stuck.add(request.zoneId);
    else if (way.length > 0) evictions.set(request.jobId, way);
  }
  return { grants, waits, evictions };
}

/** The OMA VMs that could take the request if nothing of ours were attached there; or why it does not count in the line. */
function ableOf(rooms: Rooms, request: SlotRequest): { readonly vms: readonly RoomOfVm[] } | Wait {
  const { length: wanted } = request.volumeIds;
  const inZone = rooms.vms.filter((vm) => vm.zoneId === request.zoneId);
  if (inZone.length === 0) return { kind: 'no-vm' };
  const most = Math.max(...inZone.map((vm) => vm.slots));
  if (wanted > most) return { kind: 'never', most };
  const behind = rooms.awayWith(request);
  if (behind.length > 0) return { kind: 'away', vms: behind };
  const enough = inZone.filter((vm) => rooms.capacity(vm) >= wanted);
  if (enough.length === 0) return { kind: 'full', vms: inZone.map((vm) => vm.name) };
  const vms = enough.filter((vm) => !vm.isAway);
  return vms.length > 0 ? { vms } : { kind: 'away', vms: enough.map((vm) => vm.name) };
}
