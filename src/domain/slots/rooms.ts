import type { AttachedVolume, RoomOfVm, SlotRequest, SlotState } from './state.ts';

/** What is where while slots are being given away. */
export class Rooms {
  readonly vms: readonly RoomOfVm[];
  readonly #attached: ReadonlyMap<string, AttachedVolume>;
  /** Volumes that are at the VM or will be: attached ones and those of granted requests. */
  readonly #taken: ReadonlyMap<number, Set<string>>;
  /** The place in the line of the request that a volume belongs to; granted ones have none. */
  readonly #waiting: ReadonlyMap<string, number>;
  readonly #held = new Set<string>();

  constructor({ vms, attached, requests }: SlotState) {
    this.vms = vms;
    this.#attached = new Map(attached.map((volume) => [volume.volumeId, volume]));
    this.#taken = new Map(vms.map((vm) => [vm.id, new Set<string>()]));
    for (const { volumeId, vm } of attached) this.#taken.get(vm)?.add(volumeId);
    this.#waiting = new Map(
      requests.flatMap((request, index) => (request.vm === null ? request.volumeIds.map((id) => [id, index]) : [])),
    );
    for (const request of requests) if (request.vm !== null) this.hold(request, request.vm);
  }

  /** How many disks of ours fit at all. */
  capacity({ slots, foreignDisks, roomSeen }: RoomOfVm): number {
    return Math.max(0, Math.min(slots - foreignDisks, roomSeen ?? slots));
  }

  hold({ volumeIds }: SlotRequest, vm: number): void {
    for (const volumeId of volumeIds) {
      this.#taken.get(vm)?.add(volumeId);
      this.#held.add(volumeId);
    }
  }

  /** Names of the VMs that have volumes of the request and whose daemon, the only one that can detach them, is away. */
  awayWith({ volumeIds }: SlotRequest): string[] {
    return this.vms.filter((vm) => vm.isAway && this.#countAt(vm, volumeIds) > 0).map((vm) => vm.name);
  }

  /** Where it fits now: where most of its volumes are already, then where most is free. */
  bestFor(request: SlotRequest, vms: readonly RoomOfVm[]): number | undefined {
    if (request.volumeIds.some((id) => (this.#attached.get(id)?.evictedBy ?? null) !== null)) return undefined;
    return vms
      .filter((vm) => this.#lack(request, vm) <= 0)
      .toSorted(
        (a, b) =>
          this.#countAt(b, request.volumeIds) - this.#countAt(a, request.volumeIds) ||
          this.#free(b) - this.#free(a) ||
          a.id - b.id,
      )[0]?.id;
  }

  /**
   * What must be detached so that the request fits, at the VM that loses least; nothing while enough is being detached
   * already, or where only the end of other jobs helps. First what belongs to no job, longest idle first, then what
   * belongs to those who wait, from the end of the line.
   */
  evictionsFor(request: SlotRequest, vms: readonly RoomOfVm[]): readonly string[] {
    const own = new Set(request.volumeIds);
    const ways = vms.flatMap((vm): string[][] => {
      const going = [...this.#attached.values()].filter((each) => each.vm === vm.id && each.evictedBy !== null);
      const lack = this.#lack(request, vm) - going.filter((each) => !own.has(each.volumeId)).length;
      const idle = this.#evictable(vm, own);
      return idle.length < lack ? [] : [idle.slice(0, Math.max(0, lack)).map((each) => each.volumeId)];
    });
    return ways.toSorted((a, b) => a.length - b.length)[0] ?? [];
  }

  #evictable(vm: RoomOfVm, own: ReadonlySet<string>): AttachedVolume[] {
    const line = (volume: AttachedVolume): number => this.#waiting.get(volume.volumeId) ?? Infinity;
    return [...this.#attached.values()]
      .filter((each) => each.vm === vm.id && !own.has(each.volumeId) && !this.#held.has(each.volumeId))
      .filter((each) => !each.isKept && !each.isStuck && each.evictedBy === null)
      .toSorted((a, b) => compare(line(b), line(a)) || compare(a.idleSince.getTime(), b.idleSince.getTime()));
  }

  /** How many places are missing; 0 or less: it fits. */
  #lack({ volumeIds }: SlotRequest, vm: RoomOfVm): number {
    return volumeIds.length - this.#countAt(vm, volumeIds) - this.#free(vm);
  }

  #free(vm: RoomOfVm): number {
    return this.capacity(vm) - (this.#taken.get(vm.id)?.size ?? 0);
  }

  #countAt(vm: RoomOfVm, volumeIds: readonly string[]): number {
    return volumeIds.filter((id) => this.#attached.get(id)?.vm === vm.id).length;
  }
}

const compare = (a: number, b: number): number => Number(a > b) - Number(a < b);
