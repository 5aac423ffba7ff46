import type { AttachedVolume, RoomOfVm, SlotRequest, SlotState } from './state.ts';

/** What is where while slots are being given away. */
export class Rooms {
  readonly vms: readonly RoomOfVm[];
  readonly #attached: ReadonlyMap<string, AttachedVolume>;
  /** Volumes that are at the VM or will be: attached ones and those of granted requests. */
  readonly #taken: ReadonlyMap<number, Set<string>>;
  /** The same when all evictions have ended. */
  readonly #later: ReadonlyMap<number, Set<string>>;
  /** The place in the line of the request that a volume belongs to; granted ones have none. */
  readonly #waiting: ReadonlyMap<string, number>;
  readonly #held = new Set<string>();

  constructor({ vms, attached, requests }: SlotState) {
    this.vms = vms;
    this.#attached = new Map(attached.map((volume) => [volume.volumeId, volume]));
    this.#taken = new Map(vms.map((vm) => [vm.id, new Set<string>()]));
    for (const { volumeId, vm } of attached) this.#taken.get(vm)?.add(volumeId);
    this.#later = new Map(vms.map((vm) => [vm.id, new Set<string>()]));
    for (const each of attached) if (each.evictedBy === null) this.#later.get(each.vm)?.add(each.volumeId);
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
      this.#later.get(vm)?.add(volumeId);
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
   * What must be detached so that the request fits as soon as all that is being detached, and all before it in the line
   * has had its turn; undefined where only the end of running jobs helps. At the VM that loses least: first what belongs
   * to no job, longest idle first, then, for the head of the line alone, what belongs to those who wait, the last first.
   */
  wayFor(
    request: SlotRequest,
    among: { readonly vms: readonly RoomOfVm[]; readonly isHead: boolean },
  ): readonly string[] | undefined {
    const ways = among.vms.flatMap((vm) => {
      const idle = this.#evictable(vm, request, among.isHead);
      const later = this.#later.get(vm.id) ?? new Set();
      const missing = request.volumeIds.filter((id) => !later.has(id)).length;
      const lack = Math.max(0, missing - (this.capacity(vm) - later.size));
      return idle.length < lack ? [] : [{ later, volumeIds: idle.slice(0, lack).map((each) => each.volumeId) }];
    });
    const way = ways.toSorted((a, b) => a.volumeIds.length - b.volumeIds.length)[0];
    for (const id of way?.volumeIds ?? []) way?.later.delete(id);
    for (const id of request.volumeIds) way?.later.add(id);
    return way?.volumeIds;
  }

  #evictable(vm: RoomOfVm, { volumeIds }: SlotRequest, isHead: boolean): AttachedVolume[] {
    const line = (volume: AttachedVolume): number => this.#waiting.get(volume.volumeId) ?? Infinity;
    const stays = (id: string): boolean =>
      volumeIds.includes(id) || this.#held.has(id) || (!isHead && this.#waiting.has(id));
    return [...this.#attached.values()]
      .filter((each) => this.#later.get(vm.id)?.has(each.volumeId) === true && each.vm === vm.id)
      .filter((each) => !stays(each.volumeId))
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
