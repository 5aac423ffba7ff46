import { isEqual, compareDisks, type DiskReport } from './disks.ts';
import type { Lab } from '../supervisor.ts';

/** What really is at both ends, whatever the API says: asked of the simulators themselves, and of the bytes. */
export interface Facts {
  readonly disks: readonly DiskReport[];
  /** Source and volume hold the same, in every byte of every disk. */
  readonly isEqual: boolean;
  readonly isSourceOn: boolean;
  /** Snapshots of the VM at its source. */
  readonly sourceSnapshots: number;
  /** VMs of the cloud that our volumes are at, each with the places they have there. */
  readonly holders: readonly Holder[];
  /** Of the cloud, that are there. */
  readonly vmIds: readonly string[];
  /** Snapshots of our volumes in the cloud. */
  readonly cloudSnapshots: number;
}

export interface Holder {
  readonly vmId: string;
  readonly name: string;
  readonly state: string;
  readonly isAppliance: boolean;
  /** Of our volumes, in the order of the disks. */
  readonly places: readonly (number | null)[];
}

export async function factsOf(lab: Lab, vmName: string): Promise<Facts> {
  const disks = await compareDisks(lab);
  const { world } = lab.cloud;
  const source = lab.vcenter.control.vm(vmName);
  const volumes = disks.flatMap((disk) => world.volumes.filter(({ id }) => disk.target_path.includes(id)));
  const holderIds = [...new Set(volumes.map(({ vmId }) => vmId))];
  return {
    disks,
    isEqual: isEqual(disks),
    isSourceOn: source.powerState === 'poweredOn',
    sourceSnapshots: source.snapshots.length,
    holders: holderIds.map((vmId) => {
      const vm = world.vms.find(({ id }) => id === vmId);
      return {
        vmId: vmId ?? '',
        name: vm?.name ?? 'nowhere',
        state: vm?.state ?? 'none',
        isAppliance: vmId !== null && world.omaVmIds.includes(vmId),
        places: volumes.filter((volume) => volume.vmId === vmId).map(({ deviceId }) => deviceId),
      };
    }),
    vmIds: world.vms.filter(({ state }) => state !== 'Destroyed').map(({ id }) => id),
    cloudSnapshots: world.snapshots.filter(({ volumeId }) => volumes.some(({ id }) => id === volumeId)).length,
  };
}
