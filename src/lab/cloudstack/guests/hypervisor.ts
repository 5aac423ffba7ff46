/** What runs the VMs of the simulated cloud. */

export interface Machine {
  readonly vmId: string;
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly firmware: 'bios' | 'uefi' | 'uefi-secure';
  /** By device id, the root disk first. */
  readonly disks: readonly MachineDisk[];
  readonly macAddresses: readonly string[];
}

export interface MachineDisk {
  readonly file: string;
  /** What the guest is told, as udev names the disk after it. */
  readonly serial: string;
}

export interface Hypervisor {
  /** Runs when its process ends without having been told to. */
  onEnd: (vmId: string) => void;
  /** Powered on when it resolves; without effect on one that is. @throws Error with the reason why the host cannot */
  start(machine: Machine): Promise<void>;
  /**
   * Powered off when it resolves; without effect on one that is. Not forced: its power button is pressed, and what has
   * not ended after some seconds is ended.
   */
  stop(vmId: string, options: { readonly forced: boolean }): Promise<void>;
  /** True while a guest with disks of its own runs. */
  runs(vmId: string): boolean;
  /** What its serial console has shown since it was powered on last; undefined for one that never was. */
  consoleText(vmId: string): string | undefined;
  /** Removes what is kept of VMs that are none of these. */
  keepOnly(vmIds: ReadonlySet<string>): void;
  /** Every guest ends, as when the power fails. */
  close(): Promise<void>;
}

/** A VM that runs is a row that says so, and nothing else. */
export const rowsOnly: Hypervisor = {
  onEnd: () => undefined,
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
  runs: () => false,
  consoleText: () => undefined,
  keepOnly: () => undefined,
  close: () => Promise.resolve(),
};
