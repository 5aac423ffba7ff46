import type { VolumeRecord } from '../../db/stores/volume-store.ts';
import { volumeUnknown } from '../../volumes/volume-unknown.ts';
import type { VolumeWork } from './index.ts';

/** Our row of the volume. @throws not-found `volume.unknown`: what is not ours is neither changed nor deleted. */
export function ours({ row }: VolumeWork, volumeId: string): VolumeRecord {
  if (row !== undefined) return row;
  throw volumeUnknown(volumeId);
}
