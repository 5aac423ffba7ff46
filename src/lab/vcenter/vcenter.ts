import { mkdirSync } from 'node:fs';
import { labLog } from '../../base/logger.ts';
import type { ObjectRef } from '../../vsphere/soap/reference.ts';
import { Disks } from './disks/disks.ts';
import { Oracle } from './disks/oracle.ts';
import { vmFolderOf } from './first-world.ts';
import { Faults } from './faults.ts';
import { makeVm, type VmSettings } from './machine.ts';
import { Sessions } from './sessions.ts';
import { Store } from './store.ts';
import { Tasks } from './tasks.ts';
import { objectNotFound } from './wire/vim-fault.ts';
import type { EventRow, VmRow, World } from './world.ts';

/** The simulated vCenter without its wire: its world, what it remembers of its clients, and who works on what. */

export interface VcenterSettings {
  readonly dir: string;
  readonly frozenDir: string;
  /** VMs for the first start in `dir`. */
  readonly vms: readonly VmSettings[];
  readonly generate: number;
  readonly taskDelayMs: number;
  readonly sessionIdleMs: number;
  readonly isOracleKept: boolean;
}

const EVENTS_MAX = 5_000;

export class Vcenter {
  readonly world: World;
  readonly faults = new Faults();
  readonly sessions: Sessions;
  readonly tasks: Tasks;
  readonly disks: Disks;
  readonly oracle: Oracle;
  readonly #store: Store;
  readonly #watchers = new Set<() => void>();
  readonly #later = new Set<NodeJS.Timeout>();
  readonly #taskDelayMs: number;

  private constructor(settings: VcenterSettings) {
    const { dir, frozenDir } = settings;
    for (const path of [dir, frozenDir]) mkdirSync(path, { recursive: true, mode: 0o700 });
    this.#taskDelayMs = settings.taskDelayMs;
    this.#store = new Store(dir, settings.generate);
    this.world = this.#store.world;
    this.sessions = new Sessions(settings.sessionIdleMs);
    this.tasks = new Tasks({ faults: this.faults, delayMs: settings.taskDelayMs, changed: () => this.changed() });
    this.oracle = new Oracle(dir, { frozenDir, isKept: settings.isOracleKept });
    this.disks = new Disks({ frozenDir, oracle: this.oracle });
    if (this.#store.isNew) for (const vm of settings.vms) this.addVm(vm);
  }

  static async open(settings: VcenterSettings): Promise<Vcenter> {
    const vcenter = new Vcenter(settings);
    await vcenter.oracle.open();
    await vcenter.disks.reconcile(vcenter.world);
    return vcenter;
  }

  /** Also what could not be finished: the next start finds it. */
  async close(): Promise<void> {
    for (const timer of this.#later) clearTimeout(timer);
    await this.tasks.close();
    await this.oracle.close();
    this.changed();
  }

  /** Errors: VimFault ManagedObjectNotFound. */
  vm(ref: ObjectRef): VmRow {
    const vm = ref.type === 'VirtualMachine' ? this.world.vms.get(ref.id) : undefined;
    if (vm === undefined) throw objectNotFound(ref);
    return vm;
  }

  vmOfSnapshot(ref: ObjectRef): VmRow {
    for (const vm of this.world.vms.values()) if (vm.snapshots.some((row) => row.id === ref.id)) return vm;
    throw objectNotFound(ref);
  }

  addVm(settings: VmSettings): VmRow {
    const { world } = this;
    const id = this.newId('vm');
    const [host, datastore, network] = [world.hosts[0], world.datastores[0], world.networks[0]];
    const vm = makeVm(settings, {
      id,
      parent: this.#folderAt(settings.folder ?? ''),
      host: host?.id ?? '',
      datastore: datastore?.id ?? '',
      datastoreName: datastore?.name ?? '',
      network: network?.id ?? '',
      dir: this.#store.dirOf(id),
    });
    this.saveVm(vm);
    return vm;
  }

  removeVm(vm: VmRow): void {
    this.#store.removeVm(vm);
    this.changed();
  }

  newId(prefix: string): string {
    return `${prefix}-${this.#count()}`;
  }

  saveVm(vm: VmRow): void {
    this.#store.saveVm(vm);
    this.changed();
  }

  /** Everything but the VMs. */
  save(): void {
    this.#store.save();
    this.changed();
  }

  record(event: Omit<EventRow, 'key' | 'createdAt'>): void {
    const { events } = this.world;
    events.push({ ...event, key: this.#count(), createdAt: new Date().toISOString() });
    if (events.length > EVENTS_MAX) events.splice(0, events.length - EVENTS_MAX);
    this.save();
  }

  /** What a guest does by itself after a while. */
  later(work: () => Promise<void>): void {
    const timer = setTimeout(() => {
      this.#later.delete(timer);
      work().catch((err: unknown) => labLog.error({ err }, 'simulated guest failed'));
    }, this.#taskDelayMs);
    this.#later.add(timer);
  }

  /** Resolves when anything changes, or after `ms`. */
  nextChange(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#watchers.add(done);
    });
  }

  changed(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Numbers that are never given twice, also not after a crash. */
  #count(): number {
    const { counter } = this.world;
    this.world.counter += 1;
    this.#store.save();
    return counter;
  }

  /** Moref of the folder at `path` below `vm`; what is missing is made. */
  #folderAt(path: string): string {
    let at = vmFolderOf(this.world);
    for (const name of path.split('/').filter((part) => part !== '')) {
      const parent = at;
      const found = this.world.folders.find((row) => row.parent === parent && row.name === name);
      at = found?.id ?? this.newId('group-v');
      if (found === undefined) {
        this.world.folders.push({ id: at, name, parent, childTypes: ['Folder', 'VirtualMachine', 'VirtualApp'] });
        this.#store.save();
      }
    }
    return at;
  }
}
