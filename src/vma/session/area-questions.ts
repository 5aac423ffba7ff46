import { invalidRequest, notFound } from '../../base/errors.ts';

/** What is the same in questions for areas of all kinds of sources. */

/** The offset that a cursor means. @throws invalid-request `areas.cursor-invalid` */
export function offsetOf(
  cursor: string | undefined,
  disk: { readonly capacityBytes: number; readonly stepBytes: number },
): number {
  const from = cursor === undefined ? 0 : Number(cursor);
  if (/^\d{1,16}$/.test(cursor ?? '0') && from % disk.stepBytes === 0 && from < disk.capacityBytes) return from;
  throw invalidRequest('areas.cursor-invalid', 'the cursor is not one of this disk', {
    details: { errors: [{ path: 'cursor', message: 'take next_cursor of the page before' }] },
  });
}

/** @throws not-found `session.disk-unknown` */
export function diskIn<D extends { readonly disk_id: string }>(disks: readonly D[], diskId: string): D {
  const disk = disks.find((one) => one.disk_id === diskId);
  if (disk === undefined) throw notFound('session.disk-unknown', `the session has no disk ${diskId}`);
  return disk;
}
