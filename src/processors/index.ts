import type { Processors } from '../queues/catalogue.ts';
import { commitFailover } from './commit-failover/index.ts';
import { deleteContext } from './delete-context/index.ts';
import { deleteReplication } from './delete-job/index.ts';
import type { ReplicateDeps } from './replicate/context.ts';
import { endSourceSessionProcessor } from './end-source-session.ts';
import type { FailoverDeps } from './failover/context.ts';
import { failOver } from './failover/index.ts';
import { reconcileVolumesProcessor } from './reconcile-volumes/index.ts';
import { replicateVm } from './replicate/index.ts';
import { rollBack } from './rollback/index.ts';
import { sweepSnapshotsProcessor, type SweepDeps } from './sweep-snapshots/index.ts';

/**
 * The work of a worker process, by the names of the contracts. attach-volume is missing on purpose: only the volume
 * daemon's host sees the devices (volumes/context.ts).
 */
export function workerProcessors(deps: ReplicateDeps & SweepDeps & FailoverDeps): Omit<Processors, 'attach-volume'> {
  const replication = replicateVm(deps);
  return {
    replicate: replication,
    'sync-cbt': replication,
    'end-source-session': endSourceSessionProcessor(deps),
    failover: failOver(deps),
    'commit-failover': commitFailover(deps),
    rollback: rollBack(deps),
    'delete-job': deleteReplication,
    'delete-context': deleteContext(deps),
    'sweep-snapshots': sweepSnapshotsProcessor(deps),
    'reconcile-volumes': reconcileVolumesProcessor(deps),
  };
}
