/** The order in which the disks of a VM come to its new VM. Pure. */

export interface OrderedDisk {
  readonly diskId: string;
  readonly unitNumber: number | null;
}

/** The keys that vSphere gives count up by controller and place; where there is none, the place at the controller. */
export function inUnitOrder<D extends OrderedDisk>(disks: readonly D[]): D[] {
  return disks.toSorted(
    (one, other) =>
      keyOf(one) - keyOf(other) ||
      (one.unitNumber ?? 0) - (other.unitNumber ?? 0) ||
      one.diskId.localeCompare(other.diskId),
  );
}

const keyOf = ({ diskId }: OrderedDisk): number => Number(/(\d+)$/.exec(diskId)?.[1] ?? 0);

/** Places of data disks at a VM of CloudStack, which keeps 0 for the root disk and 3 for its CD drive. */
export const dataDeviceId = (index: number): number => (index < 2 ? index + 1 : index + 2);

/** The same order, but for the disk that the firmware boots from, where inspection has found it: CloudStack boots the root disk. */
export const rootFirst = <V extends { readonly volumeId: string }>(
  volumes: readonly V[],
  rootVolumeId: string | null,
): V[] => [
  ...volumes.filter(({ volumeId }) => volumeId === rootVolumeId),
  ...volumes.filter(({ volumeId }) => volumeId !== rootVolumeId),
];
