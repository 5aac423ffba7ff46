import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere, writeDurable } from '../cloudstack/durable-file.ts';
import { makeGenerated, makeSurroundings } from './first-world.ts';
import { surroundingsSchema, vmRow, type VmRow, type World } from './world.ts';

/**
 * The world on disk: one file for the surroundings, one for each VM that was ever changed. A row is written before
 * anybody learns of the change.
 */
export class Store {
  readonly world: World;
  /** Nothing was in the folder before. */
  readonly isNew: boolean;
  readonly #dir: string;

  constructor(dir: string, generate: number) {
    this.#dir = dir;
    mkdirSync(join(dir, 'rows'), { recursive: true, mode: 0o700 });
    this.isNew = !existsSync(this.#worldFile);
    const text = readIfThere(this.#worldFile);
    const surroundings = text === undefined ? makeSurroundings(generate) : surroundingsSchema.parse(JSON.parse(text));
    this.world = { ...surroundings, vms: new Map() };
    for (let index = 0; index < surroundings.generated; index += 1) {
      this.#put(makeGenerated(surroundings, index, (id) => this.dirOf(id)));
    }
    for (const name of readdirSync(join(dir, 'rows'))) {
      const row = name.endsWith('.json') ? readIfThere(join(dir, 'rows', name)) : undefined;
      if (row !== undefined) this.#put(vmRow.parse(JSON.parse(row)));
    }
    if (text === undefined) this.save();
  }

  /** Where a VM has its images, unless it was told another place. */
  dirOf(vmId: string): string {
    return join(this.#dir, 'vms', vmId);
  }

  /** Writes down everything but the VMs. */
  save(): void {
    const { vms: _vms, ...surroundings } = this.world;
    writeDurable(this.#worldFile, JSON.stringify(surroundings));
  }

  saveVm(vm: VmRow): void {
    this.#put(vm);
    writeDurable(this.#rowFile(vm.id), JSON.stringify(vm));
  }

  /** Its images stay where they are. A generated VM is back after the next start. */
  removeVm(vm: VmRow): void {
    this.world.vms.delete(vm.id);
    rmSync(this.#rowFile(vm.id), { force: true });
  }

  #rowFile(vmId: string): string {
    return join(this.#dir, 'rows', `${vmId}.json`);
  }

  #put(vm: VmRow): void {
    this.world.vms.set(vm.id, vm);
  }

  get #worldFile(): string {
    return join(this.#dir, 'world.json');
  }
}
