import { busy } from '../../base/errors.ts';
import type { VirtualMachine } from '../../vsphere/inventory/virtual-machine.ts';

/**
 * What one ESXi host gives to all that read from it at the same time, whichever VM and job they belong to: its hostd has
 * a fixed memory for the buffers of such connections, and refuses or stalls everybody once it is used up.
 * Source: VMware, VDDK programming guide, best practices for NBD transport.
 */

/** More do not make one disk faster: requests in flight do. */
const OF_ONE_DISK_MAX = 4;

export const hostIdOf = ({ host, ref }: Pick<VirtualMachine, 'host' | 'ref'>): string => host?.id ?? ref.id;

/** Two vCenters use the same ids. */
export const hostKey = (vcenterUuid: string, hostId: string): string => `${vcenterUuid}/${hostId}`;

export interface Share {
  readonly sessionId: string;
  /** See hostKey. */
  readonly host: string;
  readonly disks: number;
}

interface Taken extends Share {
  readonly ofEachDisk: number;
}

export class HostBudget {
  readonly #connectionsMax: number;
  readonly #taken = new Map<string, Taken>();

  constructor(connectionsMax: number) {
    this.#connectionsMax = connectionsMax;
  }

  /**
   * Connections that each disk of the session may have. A session gets no more than half of what is free, so that the one
   * after it, which may be a short one, need not wait until the first copy of a large VM is over.
   * @throws busy `session.host-busy` where not every disk can have one
   */
  take(share: Share): number {
    const used = this.#usedOf(share.host, share.sessionId);
    const free = this.#connectionsMax - used;
    // A VM that has more disks than its host has connections is read all the same, alone.
    if (free < share.disks && used > 0) throw hostBusy(share, { used, max: this.#connectionsMax });
    const half = Math.floor(free / 2 / share.disks);
    const ofEachDisk = Math.min(OF_ONE_DISK_MAX, Math.max(1, half));
    this.#taken.set(share.sessionId, { ...share, ofEachDisk });
    return ofEachDisk;
  }

  /** A session of an earlier life of this process has had this already. */
  restore(share: Share, ofEachDisk: number): void {
    this.#taken.set(share.sessionId, { ...share, ofEachDisk });
  }

  /** May be repeated. */
  release(sessionId: string): void {
    this.#taken.delete(sessionId);
  }

  #usedOf(host: string, exceptSessionId: string): number {
    return [...this.#taken.values()]
      .filter((taken) => taken.host === host && taken.sessionId !== exceptSessionId)
      .reduce((sum, { disks, ofEachDisk }) => sum + disks * ofEachDisk, 0);
  }
}

const hostBusy = ({ host, disks }: Share, { used, max }: { used: number; max: number }): Error =>
  busy(
    'session.host-busy',
    `the ESXi host ${host} has ${Math.max(0, max - used)} of ${max} connections left, ${disks} are needed`,
    {
      details: { host, used, max, disks },
      hint: 'it waits until other VMs of that host are copied; MIGRATEKIT_VMA_HOST_CONNECTIONS is how many a host gives',
    },
  );
