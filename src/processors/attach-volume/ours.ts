import { notFound } from '../../base/errors.ts';
import type { VolumeRecord } from '../../db/stores/volume-store.ts';
import type { VolumeWork } from './index.ts';

/** Our row of the volume. @throws not-found `volume.unknown`: what is not ours is neither changed nor deleted. */
export function ours({ row }: VolumeWork, volumeId: string): VolumeRecord {
  if (row !== undefined) return row;
  throw notFound('volume.unknown', `volume ${volumeId} is not one of this installation`, {
    details: { volumeId },
    hint: 'change or delete it in CloudStack if it is really yours',
  });
}
