import { invariant } from '../../base/invariant.ts';
import type { CopyVerdict } from '../../domain/cbt/verdict.ts';
import { openNbdDevice } from '../../nbd/device.ts';
import { copyDisk } from '../../transfer/copy-disk.ts';
import type { CopyOptions } from '../../transfer/copy-options.ts';
import type { ReopenedTarget, VerifyProgress, VerifyResult } from '../../transfer/verify/verified-copy.ts';
import type { SessionDisk } from '../../vma/contract.ts';
import type { OpenedExport } from '../../volumes/contract.ts';
import type { Replication } from './context.ts';
import type { DiskTask } from './copy-disk.ts';
import type { DiskProgress } from './disk-checkpoint.ts';
import type { DiskExtents } from './disk-extents.ts';
import { copyVerifiedDisk } from './verify-disk.ts';

export interface Move {
  readonly source: SessionDisk;
  readonly verdict: CopyVerdict;
  readonly opened: OpenedExport;
  readonly extents: DiskExtents;
  /** Sum of the extents, where they are areas. */
  readonly areaBytes: number;
  readonly state: DiskProgress;
}

/** Bytes of data that went over the wire in this cycle, earlier attempts included; and what this attempt found done. */
export interface Moved {
  readonly bytesTransferred: number;
  readonly resumedBytes: number;
  readonly verify?: VerifyResult;
}

/** Moves the extents of one disk, through the exports that this epoch has open, and returns when they are flushed. */
export async function moveBytes(context: Replication, task: DiskTask, move: Move): Promise<Moved> {
  const { deps } = context;
  const { source, opened, state, extents } = move;
  const connections = Math.min(deps.connections, source.limits.max_connections);
  await using from = await openNbdDevice(uriOf(source.uris), { connections, readOnly: true, signal: task.signal });
  await using to = await openNbdDevice(uriOf(opened.uris), { connections: deps.connections, signal: task.signal });
  using _watched = task.meter.watch({ source: from, target: to });
  const copy: Omit<CopyOptions, 'extents'> = {
    source: from,
    target: to,
    lengthBytes: source.capacity_bytes,
    ...outsideOf(move),
    rate: task.rate,
    signal: task.signal,
    checkpoint: { done: state.doneRanges(), save: (ranges, totals) => state.save(ranges, totals) },
    progress: (counter) => task.meter.count(counter),
  };
  const { ranges } = extents;
  const mode = context.run.payload.verify ?? deps.verify;
  if (mode === 'off') {
    const { resumedBytes } = await copyDisk({ ...copy, extents: ranges?.() });
    return { bytesTransferred: state.copiedBytes, resumedBytes };
  }
  const reopenTarget = async ({ readOnly }: { readonly readOnly: boolean }): Promise<ReopenedTarget> => {
    task.log.info({ mode, readOnly }, readOnly ? 'reading the target again' : 'repairing the target');
    if (readOnly) task.meter.verified({ bytesRead: 0, bytesTotal: undefined });
    const connections = deps.connections;
    const device = await openNbdDevice(uriOf(opened.uris), { connections, readOnly, signal: task.signal });
    return { device, close: () => device.close() };
  };
  const progress = (seen: VerifyProgress): void => task.meter.verified(seen);
  try {
    const result = await copyVerifiedDisk(context, state, { copy, extents: ranges, mode, reopenTarget, progress });
    return { bytesTransferred: state.copiedBytes, resumedBytes: result.resumedBytes, verify: result.verify };
  } finally {
    task.meter.verifiesNoMore();
  }
}

/** A full copy by the areas in use zeros a used target wherever they say nothing; nothing else touches the rest. */
function outsideOf({
  verdict,
  state,
  areaBytes,
}: Move): Pick<CopyOptions, 'extentsBytes' | 'outside' | 'targetIsZero'> {
  if (verdict.mode === 'compare') return {};
  if (verdict.mode === 'incremental') return { extentsBytes: areaBytes, outside: 'leave' };
  const { fresh } = state.checkpoint;
  const isUsed = verdict.extents === 'in-use' && !fresh;
  return { extentsBytes: areaBytes, outside: isUsed ? 'zero' : 'leave', targetIsZero: fresh };
}

function uriOf(uris: { readonly unix?: string | undefined; readonly tcp?: string | undefined }): string {
  const uri = uris.unix ?? uris.tcp;
  invariant(uri !== undefined, 'an export without a URI');
  return uri;
}
