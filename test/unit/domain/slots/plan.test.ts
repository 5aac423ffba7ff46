import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planSlots } from '../../../../src/domain/slots/plan.ts';
import type { AttachedVolume, RoomOfVm, SlotRequest } from '../../../../src/domain/slots/state.ts';
import { propertyRuns } from '../../../support/property-runs.ts';

const vm = (id: number, more: Partial<RoomOfVm> = {}): RoomOfVm => ({
  id,
  name: `oma-${id}`,
  zoneId: 'z',
  isAway: false,
  slots: 4,
  foreignDisks: 0,
  roomSeen: null,
  ...more,
});
const volume = (volumeId: string, at: number, more: Partial<AttachedVolume> = {}): AttachedVolume => ({
  volumeId,
  vm: at,
  isKept: false,
  evictedBy: null,
  isStuck: false,
  idleSince: new Date(0),
  ...more,
});
const request = (jobId: string, volumes: number, at: number | null = null): SlotRequest => ({
  jobId,
  zoneId: 'z',
  vm: at,
  volumeIds: Array.from({ length: volumes }, (_none, index) => `${jobId}.${index}`),
});

describe('attach slots', () => {
  test('are given at the VM where the volumes are already, though another has more room', () => {
    const attached = [volume('a.0', 2), volume('a.1', 2), volume('x.0', 2)];
    const { grants } = planSlots({ vms: [vm(1), vm(2)], attached, requests: [request('a', 2)] });
    expect(grants).toEqual([{ jobId: 'a', vm: 2 }]);
  });

  test('are given at the emptiest VM to volumes that are attached nowhere', () => {
    const { grants } = planSlots({
      vms: [vm(1, { foreignDisks: 2 }), vm(2)],
      attached: [volume('x.0', 2)],
      requests: [request('a', 1), request('b', 1)],
    });
    expect(grants).toEqual([
      { jobId: 'a', vm: 2 },
      { jobId: 'b', vm: 1 },
    ]);
  });

  test('are all or none, and a small VM does not overtake a large one', () => {
    const plan = planSlots({
      vms: [vm(1)],
      attached: [],
      requests: [request('runs', 2, 1), request('large', 3), request('small', 1)],
    });
    expect(plan.grants).toEqual([]);
    expect(plan.waits.get('large')).toEqual({ kind: 'line', place: 1, vms: ['oma-1'] });
    expect(plan.waits.get('small')).toEqual({ kind: 'line', place: 2, vms: ['oma-1'] });
    expect([...plan.evictions]).toEqual([]);
  });

  test('are made free by what is idle longest, and never by what is held, kept or going', () => {
    const attached = [
      volume('kept', 1, { isKept: true }),
      volume('newer', 1, { idleSince: new Date(2) }),
      volume('older', 1, { idleSince: new Date(1) }),
      volume('stuck', 1, { isStuck: true }),
    ];
    const requests = [request('a', 1)];
    expect(planSlots({ vms: [vm(1)], attached, requests }).evictions.get('a')).toEqual(['older']);
    const going = attached.map((each) => (each.volumeId === 'older' ? { ...each, evictedBy: 'a' } : each));
    expect(planSlots({ vms: [vm(1)], attached: going, requests }).evictions.get('a')).toBeUndefined();
  });

  test('are made free by those who wait, from the end of the line, when nothing is idle', () => {
    const attached = [volume('b.0', 1), volume('c.0', 1), volume('r.0', 1), volume('r.1', 1)];
    const requests = [request('r', 2, 1), request('a', 1), request('b', 2), request('c', 2)];
    expect(planSlots({ vms: [vm(1)], attached, requests }).evictions.get('a')).toEqual(['c.0']);
  });

  test('are made free for the next in line as well, but never at the cost of one who waits', () => {
    const attached = [volume('x', 1), volume('y', 1), volume('c.0', 1), volume('r.0', 1)];
    const requests = [request('r', 1, 1), request('a', 1), request('b', 1), request('c', 1), request('d', 1)];
    expect([...planSlots({ vms: [vm(1)], attached, requests }).evictions]).toEqual([
      ['a', ['x']],
      ['b', ['y']],
    ]);
  });

  test('are not waited for by whom more slots than any VM has would be needed', () => {
    const plan = planSlots({ vms: [vm(1), vm(2, { slots: 3 })], attached: [], requests: [request('a', 5)] });
    expect(plan.waits.get('a')).toEqual({ kind: 'never', most: 4 });
  });

  test('of a VM whose daemon is away are not given, and who needs that daemon lets others pass', () => {
    const plan = planSlots({
      vms: [vm(1, { isAway: true }), vm(2)],
      attached: [volume('a.0', 1)],
      requests: [request('a', 1), request('b', 1)],
    });
    expect(plan.waits.get('a')).toEqual({ kind: 'away', vms: ['oma-1'] });
    expect(plan.grants).toEqual([{ jobId: 'b', vm: 2 }]);
  });

  test('that disks of others take are not counted, and who cannot fit beside them lets others pass', () => {
    const vms = [vm(1, { foreignDisks: 2 }), vm(2, { roomSeen: 1 })];
    const plan = planSlots({ vms, attached: [], requests: [request('a', 3), request('b', 2), request('c', 1)] });
    expect(plan.waits.get('a')).toEqual({ kind: 'full', vms: ['oma-1', 'oma-2'] });
    expect(plan.grants).toEqual([
      { jobId: 'b', vm: 1 },
      { jobId: 'c', vm: 2 },
    ]);
  });

  test('wait for the end of an eviction of the own volume, so that it is not taken away after the grant', () => {
    const attached = [volume('a.0', 1, { evictedBy: 'other' })];
    const plan = planSlots({ vms: [vm(1)], attached, requests: [request('a', 1)] });
    expect(plan.grants).toEqual([]);
  });
});

/** Jobs of VMs that come and go over OMA VMs, the way the product drives the plan. */
class World {
  readonly vms: RoomOfVm[];
  readonly attached = new Map<string, AttachedVolume>();
  requests: SlotRequest[] = [];
  readonly ended: string[] = [];
  #time = 0;
  #jobs = 0;

  constructor(slots: readonly number[]) {
    this.vms = slots.map((count, index) => vm(index + 1, { slots: count, foreignDisks: count % 2 }));
  }

  /** A job of machine `name`, unless it has one. */
  ask(name: number, disks: number): void {
    if (this.requests.some((each) => each.jobId.startsWith(`${name}/`))) return;
    const volumeIds = Array.from({ length: disks }, (_none, index) => `${name}.${index}`);
    this.requests.push({ jobId: `${name}/${(this.#jobs += 1)}`, zoneId: 'z', vm: null, volumeIds });
  }

  plan(): void {
    const attached = [...this.attached.values()];
    const plan = planSlots({ vms: this.vms, attached, requests: this.requests });
    const waiting = this.requests.filter((each) => each.vm === null);
    const able = waiting.filter((each) => plan.waits.get(each.jobId)?.kind !== 'away');
    // Nobody is granted while one who asked before him, and waits for nothing but room, is not.
    expect(plan.grants.map((each) => each.jobId)).toEqual(able.slice(0, plan.grants.length).map((each) => each.jobId));
    for (const { jobId, vm: at } of plan.grants) this.#grant(jobId, at);
    for (const [jobId, volumeIds] of plan.evictions) this.#evict(jobId, volumeIds);
    for (const each of this.vms) expect(this.#taken(each.id)).toBeLessThanOrEqual(each.slots - each.foreignDisks);
  }

  #grant(jobId: string, at: number): void {
    this.requests = this.requests.map((each) => (each.jobId === jobId ? { ...each, vm: at } : each));
    const { volumeIds = [] } = this.requests.find((each) => each.jobId === jobId) ?? {};
    for (const id of volumeIds) this.attached.set(id, volume(id, at));
  }

  #evict(jobId: string, volumeIds: readonly string[]): void {
    for (const id of volumeIds) {
      const victim = this.attached.get(id);
      expect(this.requests.filter((each) => each.vm !== null && each.volumeIds.includes(id))).toEqual([]);
      expect(victim).toMatchObject({ evictedBy: null });
      if (victim !== undefined) this.attached.set(id, { ...victim, evictedBy: jobId });
    }
  }

  #taken(at: number): number {
    const held = this.requests.filter((each) => each.vm === at).flatMap((each) => each.volumeIds);
    const here = [...this.attached.values()].filter((each) => each.vm === at).map((each) => each.volumeId);
    return new Set([...held, ...here]).size;
  }

  /** Detaching ended, well or not. */
  evicted(isWell: boolean): void {
    for (const [id, each] of this.attached) {
      if (each.evictedBy === null) continue;
      if (isWell) this.attached.delete(id);
      else this.attached.set(id, { ...each, evictedBy: null, isStuck: true });
    }
  }

  unstick(): void {
    for (const [id, each] of this.attached) this.attached.set(id, { ...each, isStuck: false });
  }

  toggle(index: number, isAway: boolean): void {
    const each = this.vms[index % this.vms.length];
    if (each !== undefined) this.vms[index % this.vms.length] = { ...each, isAway };
  }

  end(choice: number): void {
    const running = this.requests.filter((each) => each.vm !== null);
    const one = running[choice % Math.max(1, running.length)];
    if (one === undefined) return;
    this.requests = this.requests.filter((each) => each !== one);
    this.ended.push(one.jobId);
    for (const id of one.volumeIds) {
      const each = this.attached.get(id);
      if (each !== undefined) this.attached.set(id, { ...each, idleSince: new Date((this.#time += 1)) });
    }
  }
}

const step = fc.oneof(
  fc.record({ act: fc.constant('ask' as const), machine: fc.nat(9) }),
  fc.record({ act: fc.constantFrom('plan', 'evicted', 'failed', 'end', 'away', 'back'), choice: fc.nat(9) }),
);

test('whatever comes: never more volumes than slots, nobody overtaken, nothing in use evicted, and all get their turn', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 4, max: 7 }), { minLength: 1, maxLength: 3 }),
      fc.array(step, { maxLength: 80 }),
      (slots, steps) => {
        const world = new World(slots);
        for (const each of steps) {
          if (each.act === 'ask') world.ask(each.machine, 1 + (each.machine % 4));
          else if (each.act === 'plan') world.plan();
          else if (each.act === 'evicted' || each.act === 'failed') world.evicted(each.act === 'evicted');
          else if (each.act === 'end') world.end(each.choice);
          else world.toggle(each.choice, each.act === 'away');
        }
        world.vms.forEach((_vm, index) => world.toggle(index, false));
        const waiting = world.requests.map((each) => each.jobId);
        for (let round = 0; world.requests.length > 0; round += 1) {
          if (round > 200) throw new Error(`somebody starves: ${JSON.stringify(world.requests)}`);
          world.unstick();
          world.plan();
          world.evicted(true);
          if (round % 2 === 1) world.end(0);
        }
        expect(world.ended).toEqual(expect.arrayContaining(waiting));
      },
    ),
    propertyRuns(300),
  );
});
