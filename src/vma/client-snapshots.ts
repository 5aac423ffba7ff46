import { MINUTE } from '../base/units.ts';
import { type Peer, requestJson } from '../http/json-client.ts';
import type { CallOptions } from './client.ts';
import { type FindSnapshots, FoundSnapshots, RemovalStarted, type RemoveSnapshot } from './snapshots-contract.ts';

/** The VMA's janitor. Errors as those of VcenterCalls. */
export interface SnapshotCalls {
  /** Of all VMs of a vCenter; 2 min. */
  findSnapshots(request: FindSnapshots, options?: CallOptions): Promise<FoundSnapshots>;
  /**
   * Returns when the removal is under way; `findSnapshots` tells how it goes on.
   * @throws conflict `snapshot.not-ours`, `snapshot.in-use`; busy `snapshot.too-many-removals`
   */
  removeSnapshot(request: RemoveSnapshot, options?: CallOptions): Promise<RemovalStarted>;
}

const FIND_MS = 2 * MINUTE;
const REMOVE_MS = 1 * MINUTE;

export const snapshotCalls = (vma: Peer): SnapshotCalls => ({
  findSnapshots: (body, options = {}) =>
    requestJson(vma, {
      method: 'POST',
      path: '/snapshots/find',
      body,
      answer: FoundSnapshots,
      deadlineMs: FIND_MS,
      signal: options.signal,
    }),
  removeSnapshot: (body, options = {}) =>
    requestJson(vma, {
      method: 'POST',
      path: '/snapshots/remove',
      body,
      answer: RemovalStarted,
      deadlineMs: REMOVE_MS,
      signal: options.signal,
    }),
});
