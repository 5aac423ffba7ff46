/**
 * Full or incremental, decided per disk from what the ledger knows, before the source is asked. An incremental is
 * allowed only when nothing but the source can have changed since the stored changeId: the same target, of the same
 * generation, that holds what the changeId claims.
 */

export interface DiskBeforeSync {
  /** changeId of the last committed cycle. */
  readonly changeId: string | null;
  /** Grows with every new or resized volume, every write by somebody else (a failover), every lie of its storage. */
  readonly targetGeneration: number;
  /** Generation of the target that changeId belongs to. */
  readonly committedGeneration: number | null;
  /** Why the generation grew, where that was noted. */
  readonly fullReason: string | null;
}

export type SyncChoice =
  | { readonly mode: 'incremental'; readonly changeId: string }
  | { readonly mode: 'full'; readonly code: string; readonly reason: string };

/**
 * A cycle that died half way does not forbid an incremental: its writes lie in areas that changed after `changeId`,
 * and the source counts these as changed also when their old content came back: change tracking counts writes, and a
 * VMA that compares hashes keeps note of what a session without commit had offered.
 */
export function chooseSync(disk: DiskBeforeSync, request: { readonly forceFull: boolean }): SyncChoice {
  if (request.forceFull) return full('sync.asked-full', 'a full copy was asked for');
  if (disk.changeId === null) return full('sync.first-copy', 'first copy of this disk');
  if (disk.committedGeneration !== disk.targetGeneration) {
    const unexplained = 'the target is not what the last changeId was committed on';
    return full('sync.target-changed', disk.fullReason ?? unexplained);
  }
  return { mode: 'incremental', changeId: disk.changeId };
}

function full(code: string, reason: string): SyncChoice {
  return { mode: 'full', code, reason };
}

/** A job is incremental only when every disk is: what happened, not what was asked. */
export function replicationType(modes: readonly ('full' | 'incremental')[]): 'initial' | 'incremental' {
  return modes.every((mode) => mode === 'incremental') ? 'incremental' : 'initial';
}
