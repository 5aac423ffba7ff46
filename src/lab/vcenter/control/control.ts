import { conflict, notFound } from '../../../base/errors.ts';
import type { DiskBytes } from '../disks/live-disk.ts';
import type { Faults } from '../faults.ts';
import { makeDisk, type DiskSettings, type VmSettings } from '../machine.ts';
import { removeSnapshots, revertTo, snapshotOf, takeSnapshot } from '../operations/snapshots.ts';
import type { Task } from '../tasks.ts';
import type { Vcenter } from '../vcenter.ts';
import type { DiskRow, SnapshotRow, VmRow } from '../world.ts';

/**
 * What happens at a vCenter without us: the guest writes, other people take snapshots and revert, disks grow, things
 * break. VMs go by name or moref; where a name is there twice, by moref. But for writes, each call waits
 * until no task works on the VM, and tasks that begin meanwhile are refused.
 */
export class Control {
  readonly faults: Faults;
  readonly #vcenter: Vcenter;

  constructor(vcenter: Vcenter) {
    this.#vcenter = vcenter;
    this.faults = vcenter.faults;
  }

  vms(): readonly VmRow[] {
    return [...this.#vcenter.world.vms.values()];
  }

  /** Of this VM, since the vCenter started, the oldest first. */
  tasksOf(nameOrId: string): readonly Task[] {
    const { id } = this.vm(nameOrId);
    return this.#vcenter.tasks.all().filter((task) => task.vm.id === id);
  }

  /** Errors: not-found `lab.no-such-vm`, here and everywhere below. */
  vm(nameOrId: string): VmRow {
    const found = this.#vcenter.world.vms.get(nameOrId) ?? this.vms().find((vm) => vm.name === nameOrId);
    if (found === undefined) throw notFound('lab.no-such-vm', `the simulated vcenter has no VM ${nameOrId}`);
    return found;
  }

  disk(nameOrId: string, deviceKey: number): DiskRow {
    const found = this.vm(nameOrId).disks.find((disk) => disk.key === deviceKey);
    if (found === undefined) throw notFound('lab.no-such-disk', `VM ${nameOrId} has no disk ${deviceKey}`);
    return found;
  }

  /** The file that the guest sees. Write to it through `write` only. */
  imageOf(nameOrId: string, deviceKey: number): string {
    return this.#vcenter.disks.imageOf(this.vm(nameOrId), this.disk(nameOrId, deviceKey));
  }

  /** SHA-256 of what a snapshot holds or held: the truth that a target is compared with. */
  hashOf(snapshot: string, deviceKey: number): Promise<string> {
    return this.#vcenter.oracle.hashOf(snapshot, deviceKey);
  }

  /** As the guest would, whatever task works on the VM: all of it is in a snapshot, or nothing. */
  async write(nameOrId: string, deviceKey: number, writes: readonly DiskBytes[]): Promise<void> {
    const disk = this.disk(nameOrId, deviceKey);
    await this.#vcenter.disks.write(this.vm(nameOrId), { disk, writes });
  }

  /** Somebody else's. */
  snapshot(nameOrId: string, { name, description = '' }: { name: string; description?: string }): Promise<SnapshotRow> {
    return this.#exclusively(nameOrId, (vm) =>
      takeSnapshot(this.#vcenter, vm, { name, description, isQuiesced: false }),
    );
  }

  async removeSnapshot(nameOrId: string, snapshot: string): Promise<void> {
    await this.#exclusively(nameOrId, (vm) =>
      removeSnapshots(this.#vcenter, vm, { snapshots: [snapshotOf(vm, snapshot)], isConsolidationLeft: false }),
    );
  }

  /** To a snapshot that is still there; it shows itself in the events as it does when a person does it. */
  async revert(nameOrId: string, snapshot: string): Promise<void> {
    await this.#exclusively(nameOrId, async (vm) => {
      await revertTo(this.#vcenter, vm, snapshotOf(vm, snapshot));
      this.#vcenter.record({
        type: 'TaskEvent',
        typeId: null,
        vm: vm.id,
        message: 'Task: RevertToSnapshot',
        descriptionId: 'vm.Snapshot.revert',
        username: 'somebody@vsphere.local',
      });
    });
  }

  /** Errors: conflict `lab.has-snapshots`: ESXi grows no disk of a VM that has any. */
  async grow(nameOrId: string, deviceKey: number, capacityBytes: number): Promise<void> {
    await this.#exclusively(nameOrId, async (vm) => {
      refuseSnapshots(vm);
      await this.#vcenter.disks.grow(vm, { disk: this.disk(nameOrId, deviceKey), capacityBytes });
      this.#vcenter.saveVm(vm);
    });
  }

  async addDisk(nameOrId: string, settings: DiskSettings): Promise<DiskRow> {
    return this.#exclusively(nameOrId, async (vm) => {
      const datastoreName = this.#vcenter.world.datastores.find((row) => row.id === vm.datastore)?.name ?? '';
      const disk = makeDisk(settings, { vmId: vm.id, vmName: vm.name, datastoreName, rows: vm.disks });
      vm.disks.push(disk);
      this.#vcenter.saveVm(vm);
      await this.#vcenter.disks.applyTracking(vm);
      this.#vcenter.saveVm(vm);
      return disk;
    });
  }

  async removeDisk(nameOrId: string, deviceKey: number): Promise<void> {
    await this.#exclusively(nameOrId, (vm) => {
      vm.disks = vm.disks.filter((disk) => disk.key !== deviceKey);
      this.#vcenter.saveVm(vm);
      return Promise.resolve();
    });
  }

  /** Another, empty disk in the place of one: same key, same place, everything else new. */
  async replaceDisk(nameOrId: string, deviceKey: number, settings: DiskSettings): Promise<DiskRow> {
    await this.removeDisk(nameOrId, deviceKey);
    const image = settings.image ?? `${deviceKey}-${Date.now()}.img`;
    return this.addDisk(nameOrId, { ...settings, key: deviceKey, image });
  }

  addVm(settings: VmSettings): VmRow {
    return this.#vcenter.addVm(settings);
  }

  /** A copy of its hardware with empty disks and, as vCenter does by itself never and people do often, its BIOS uuid. */
  clone(nameOrId: string, name: string): VmRow {
    const { biosUuid, disks, cpuCount, memoryMb } = this.vm(nameOrId);
    const copies = disks.map(({ capacityBytes, key, kind, diskMode, isThin }) => ({
      capacityBytes,
      key,
      kind,
      diskMode,
      isThin,
    }));
    return this.#vcenter.addVm({ name, disks: copies, changes: { biosUuid, cpuCount, memoryMb } });
  }

  removeVm(nameOrId: string): void {
    this.#vcenter.removeVm(this.vm(nameOrId));
  }

  /** Changes the row of a VM behind the API's back: power, connection, names, networks. */
  edit(nameOrId: string, change: (vm: VmRow) => void): void {
    const vm = this.vm(nameOrId);
    change(vm);
    this.#vcenter.saveVm(vm);
  }

  async damageTracking(nameOrId: string, deviceKey: number, how: 'file-fault' | 'new-lineage'): Promise<void> {
    await this.#exclusively(nameOrId, async (vm) => {
      await this.#vcenter.disks.damage(vm, { disk: this.disk(nameOrId, deviceKey), how });
      this.#vcenter.saveVm(vm);
    });
  }

  /** How many tasks a fault holds. */
  get heldTasks(): number {
    return this.#vcenter.tasks.heldCount;
  }

  /** Whether no task works on a VM. */
  isIdle(nameOrId: string): boolean {
    return !this.#vcenter.tasks.isBusy(this.vm(nameOrId).id);
  }

  /** Lets them do their work. */
  releaseTasks(): void {
    this.#vcenter.tasks.release();
  }

  expireSessions(): void {
    this.#vcenter.sessions.expire();
    this.#vcenter.changed();
  }

  /** How many there are at the moment. */
  sessionCount(): number {
    return this.#vcenter.sessions.count;
  }

  setFreeBytes(datastore: string, freeBytes: number): void {
    const row = this.#vcenter.world.datastores.find((each) => each.name === datastore || each.id === datastore);
    if (row === undefined) throw notFound('lab.no-such-datastore', `there is no datastore ${datastore}`);
    row.freeBytes = freeBytes;
    this.#vcenter.save();
  }

  #exclusively<T>(nameOrId: string, work: (vm: VmRow) => Promise<T>): Promise<T> {
    const { id } = this.vm(nameOrId);
    return this.#vcenter.tasks.exclusively(id, () => work(this.vm(id)));
  }
}

function refuseSnapshots(vm: VmRow): void {
  if (vm.snapshots.length > 0) throw conflict('lab.has-snapshots', `VM ${vm.name} has snapshots`);
}
