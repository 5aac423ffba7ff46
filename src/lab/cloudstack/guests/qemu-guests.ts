import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KiB, SECOND } from '../../../base/units.ts';
import { isMissing } from '../durable-file.ts';
import type { Hypervisor, Machine } from './hypervisor.ts';
import { machineArguments } from './machine-arguments.ts';
import { startQemu, type QemuProcess } from './qemu-process.ts';

/**
 * VMs that really run: one qemu for each, emulated without help of the processor, because that works everywhere. Their
 * processes are children of this one and end with it, in whatever way it ends.
 */

/** What a guest gets to end by itself after its power button was pressed. */
const POWER_OFF_WITHIN_MS = 20 * SECOND;
/** Of a longer console the end is told. */
const CONSOLE_BYTES = 64 * KiB;

export class QemuGuests implements Hypervisor {
  onEnd: (vmId: string) => void = () => undefined;
  readonly #dir: string;
  readonly #running = new Map<string, QemuProcess>();

  constructor(dir: string) {
    this.#dir = join(dir, 'guests');
    mkdirSync(this.#dir, { recursive: true });
  }

  async start(machine: Machine): Promise<void> {
    const { vmId } = machine;
    if (this.#running.has(vmId)) return;
    const folder = this.#folderOf(vmId);
    mkdirSync(folder, { recursive: true });
    const args = machineArguments(machine, folder);
    // What it showed before it was switched off is gone, also while it does not start.
    closeSync(openSync(consoleOf(folder), 'w', 0o600));
    const guest = await startQemu(args);
    this.#running.set(vmId, guest);
    void guest.ended.then(() => {
      if (this.#running.get(vmId) !== guest) return;
      this.#running.delete(vmId);
      // Whoever has started it first writes that it runs.
      setImmediate(() => this.onEnd(vmId));
    });
  }

  async stop(vmId: string, { forced }: { readonly forced: boolean }): Promise<void> {
    const guest = this.#running.get(vmId);
    if (guest === undefined) return;
    // From here on its end is no news.
    this.#running.delete(vmId);
    if (!forced) await guest.powerOff(POWER_OFF_WITHIN_MS);
    await guest.kill();
  }

  runs(vmId: string): boolean {
    return this.#running.has(vmId);
  }

  consoleText(vmId: string): string | undefined {
    try {
      return endOf(consoleOf(this.#folderOf(vmId)));
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw thrown;
    }
  }

  keepOnly(vmIds: ReadonlySet<string>): void {
    for (const name of readdirSync(this.#dir)) {
      if (!vmIds.has(name)) rmSync(join(this.#dir, name), { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((vmId) => this.stop(vmId, { forced: true })));
  }

  #folderOf(vmId: string): string {
    return join(this.#dir, vmId);
  }
}

const consoleOf = (folder: string): string => join(folder, 'console');

function endOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, CONSOLE_BYTES));
    const read = readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return bytes.subarray(0, read).toString('utf8');
  } finally {
    closeSync(file);
  }
}
