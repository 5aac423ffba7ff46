import { precondition } from '../../base/errors.ts';
import type { Reason } from '../../domain/cbt/reason.ts';
import type { CopyVerdict } from '../../domain/cbt/verdict.ts';
import { chooseSync } from '../../domain/sync-mode.ts';
import type { CycleDisk } from '../../db/stores/cycle-store.ts';
import type { SessionDisk } from '../../vma/contract.ts';

export interface DiskPair {
  readonly disk: CycleDisk;
  readonly source: SessionDisk;
}

/**
 * How a disk of a source is copied that answers for its changes itself: it hashes the bytes that it has, so what it says
 * of them needs no judge besides our ledger.
 * @throws precondition replication.disk-shrank, replication.capacity-changed
 */
export function folderVerdict(
  { disk, source }: DiskPair,
  how: { readonly forceFull: boolean; readonly mayCompare: boolean },
): CopyVerdict {
  refuseShrunk({ disk, source });
  const choice = chooseSync(disk, how);
  if (choice.mode === 'incremental' && source.mode === 'incremental') {
    refuseForeignDelta({ disk, source });
    return { mode: 'incremental', since: choice.changeId, doubt: null };
  }
  const reason: Reason =
    choice.mode === 'full'
      ? { code: choice.code, text: choice.reason }
      : { code: 'source.no-changes', text: source.full_reason ?? 'the source does not tell what has changed' };
  // The replica was whole once, so most of it still is, and nobody asked for every byte.
  const wasWhole = disk.changeId !== null && disk.volume?.exported === true;
  if (wasWhole && how.mayCompare && !how.forceFull) return { mode: 'compare', reason };
  return { mode: 'full', extents: source.mode === 'full' ? 'in-use' : 'whole', reason };
}

/** Disks do not shrink: a smaller one is another disk under an old name, or a damaged image. */
function refuseShrunk({ disk, source }: DiskPair): void {
  if (source.capacity_bytes >= disk.capacityBytes) return;
  throw precondition(
    'replication.disk-shrank',
    `disk ${disk.diskId} had ${disk.capacityBytes} bytes and now has ${source.capacity_bytes}`,
    {
      details: { diskId: disk.diskId },
      hint: 'check the disk at the source; when it really is a new one, delete the VM here and add it again',
    },
  );
}

/** A delta is only for a disk of the size that the last commit knew: a grown disk was never copied past its old end. */
function refuseForeignDelta({ disk, source }: DiskPair): void {
  if (source.capacity_bytes === disk.capacityBytes) return;
  throw precondition(
    'replication.capacity-changed',
    `disk ${disk.diskId} had ${disk.capacityBytes} bytes and now has ${source.capacity_bytes}`,
    {
      details: { diskId: disk.diskId },
      hint: 'start a full replication: POST /replications with "replication_type":"initial"',
    },
  );
}
