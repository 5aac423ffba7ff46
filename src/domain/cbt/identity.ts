import type { DiskIdentity } from './source-state.ts';

/**
 * Whether what has the key now is the disk that had it. Pairing is by key only, so a disk that moved to another key is
 * a new one; and a key alone proves nothing.
 */
export function compareIdentity(known: DiskIdentity, found: DiskIdentity): 'same' | 'replaced' | 'unproven' {
  if (known.backingUuid !== null || found.backingUuid !== null) {
    return compareIds(known.backingUuid, found.backingUuid);
  }
  return compareIds(known.objectId, found.objectId);
}

function compareIds(known: string | null, found: string | null): 'same' | 'replaced' | 'unproven' {
  if (known === null || found === null) return 'unproven';
  return known.toLowerCase() === found.toLowerCase() ? 'same' : 'replaced';
}

/** Datastore and folder of a disk's file: the name itself changes with every snapshot. */
export function homeOf(fileName: string): string {
  return fileName.slice(0, Math.max(fileName.lastIndexOf('/'), 0));
}
