import type { Processors } from '../queues/catalogue.ts';
import { deleteContext } from './delete-context/index.ts';
import { deleteReplication } from './delete-job/index.ts';
import type { ReplicateDeps } from './replicate/context.ts';
import { endSourceSessionProcessor } from './end-source-session.ts';
import { reconcileVolumesProcessor } from './reconcile-volumes/index.ts';
import { replicateVm } from './replicate/index.ts';
import { sweepSnapshotsProcessor, type SweepDeps } from './sweep-snapshots/index.ts';

/**
 * The work of a worker process, by the names of the contracts. attach-volume is missing on purpose: only the volume
 * daemon's host sees the devices (volumes/context.ts).
 */
export function workerProcessors(
  deps: ReplicateDeps & SweepDeps,
): Omit<Processors, 'attach-volume' | 'failover' | 'commit-failover' | 'rollback'> {
  const replication = replicateVm(deps);
  return {
    replicate: replication,
    'sync-cbt': replication,
    'end-source-session': endSourceSessionProcessor(deps),
    'delete-job': deleteReplication,
    'delete-context': deleteContext(deps),
    'sweep-snapshots': sweepSnapshotsProcessor(deps),
    'reconcile-volumes': reconcileVolumesProcessor(deps),
  };
}
