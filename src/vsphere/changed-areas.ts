import type { CallOptions, VsphereSession } from './session.ts';
import { needReturned } from './soap/answer.ts';
import { children, needInteger } from './soap/read.ts';
import type { ObjectRef } from './soap/reference.ts';
import { integer, reference, text } from './soap/write.ts';

export interface ChangedAreasQuery {
  readonly vm: ObjectRef;
  readonly snapshot: ObjectRef;
  readonly deviceKey: number;
  /** Where the answer begins; below the capacity. */
  readonly startOffset: number;
  /** Since this state of the disk; `*` for all areas that are in use. */
  readonly changeId: string;
}

/** Speaks of [startOffset, startOffset + length), in bytes, and of nothing else. */
export interface ChangedAreas {
  readonly startOffset: number;
  readonly length: number;
  readonly changedArea: readonly { readonly start: number; readonly length: number }[];
}

/**
 * One answer, exactly as vCenter gives it; whether it can be believed is judged by src/domain/cbt.
 * Source: vSphere Web Services API, VirtualMachine.QueryChangedDiskAreas, DiskChangeInfo.
 * Errors: upstream `vsphere.file-fault` and invalid-request `vsphere.invalid-argument` for a changeId that means nothing
 * to this disk; `vsphere.not-found` where the snapshot is gone; `vsphere.bad-answer` for offsets beyond 2^53.
 */
export async function queryChangedAreas(
  session: VsphereSession,
  of: ChangedAreasQuery,
  options: CallOptions = {},
): Promise<ChangedAreas> {
  const parts = [
    reference('snapshot', of.snapshot),
    integer('deviceKey', of.deviceKey),
    integer('startOffset', of.startOffset),
    text('changeId', of.changeId),
  ];
  const response = await session.call({ method: 'QueryChangedDiskAreas', target: of.vm, parts }, options);
  const info = needReturned(response);
  return {
    startOffset: needInteger(info, 'startOffset'),
    length: needInteger(info, 'length'),
    changedArea: children(info, 'changedArea').map((area) => ({
      start: needInteger(area, 'start'),
      length: needInteger(area, 'length'),
    })),
  };
}
