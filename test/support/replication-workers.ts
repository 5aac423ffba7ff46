import type { Clock } from '../../src/base/clock.ts';
import type { Config } from '../../src/config/config.ts';
import type { ReplicateDeps } from '../../src/processors/replicate/context.ts';
import { deleteContext as forgetVm } from '../../src/processors/delete-context/index.ts';
import { deleteReplication } from '../../src/processors/delete-job/index.ts';
import { endSourceSessionProcessor } from '../../src/processors/end-source-session.ts';
import { commitFailover as commitIt } from '../../src/processors/commit-failover/index.ts';
import { failOver } from '../../src/processors/failover/index.ts';
import { replicateVm } from '../../src/processors/replicate/index.ts';
import { rollBack } from '../../src/processors/rollback/index.ts';
import { failoverDeps } from '../../src/processors/worker.ts';
import { bindJob, catalogue } from '../../src/queues/catalogue.ts';
import { commitFailover } from '../../src/queues/jobs/commit-failover.ts';
import { deleteContext } from '../../src/queues/jobs/delete-context.ts';
import { deleteJob } from '../../src/queues/jobs/delete-job.ts';
import { endSourceSession } from '../../src/queues/jobs/end-source-session.ts';
import { failover } from '../../src/queues/jobs/failover.ts';
import { replicate, syncCbt } from '../../src/queues/jobs/replicate.ts';
import { rollback } from '../../src/queues/jobs/rollback.ts';
import { startWorkers, type Workers } from '../../src/queues/work.ts';
import { openCloudFrom } from '../../src/volumes/cloud.ts';
import { mortality, type Death } from './mortal-work.ts';

/** Workers of replication, of what it leaves behind, and of deletion: in the process of the test or in one that is to die. */

/** VMs of the simulated cloud have no console: nothing comes of a longer look. */
const QUICK_LOOK = { pollMs: 20, staysMs: 60, quietMs: 60 };

export function startReplicationWorkers(
  config: Config,
  of: { readonly deps: ReplicateDeps; readonly death?: Death | undefined; readonly clock?: Clock | undefined },
): Workers {
  const mortal = mortality(of.deps.db, of.death);
  const replication = mortal(replicateVm(of.deps));
  const pace = { pollMs: config.volumeDaemon.cloudPollMs, clock: of.clock };
  const openCloud = openCloudFrom(of.deps.db, of.deps.box, pace);
  const failovers = { ...failoverDeps(config, of.deps), openCloud, bootTiming: QUICK_LOOK };
  return startWorkers({
    db: of.deps.db,
    redis: config.redis,
    ledger: config.ledger,
    catalogue,
    worker: config.worker,
    jobs: [
      bindJob(replicate, replication),
      bindJob(syncCbt, replication),
      bindJob(failover, mortal(failOver(failovers))),
      bindJob(rollback, mortal(rollBack(failovers))),
      bindJob(commitFailover, mortal(commitIt(failovers))),
      bindJob(deleteJob, mortal(deleteReplication)),
      bindJob(deleteContext, mortal(forgetVm(of.deps))),
      bindJob(endSourceSession, endSourceSessionProcessor(of.deps)),
    ],
  });
}
