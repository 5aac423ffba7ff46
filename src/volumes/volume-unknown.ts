import { notFound, type AppError } from '../base/errors.ts';

/** Of a volume that no row of ours has. */
export const volumeUnknown = (volumeId: string): AppError =>
  notFound('volume.unknown', `volume ${volumeId} is not one of this installation`, {
    details: { volumeId },
    hint: 'check the id: this takes ids of CloudStack, and only of volumes that this installation made or adopted',
  });
