// The order of test files: those that take minutes begin first, so that none of them runs alone at the end while the
// other workers have nothing to do. Jest knows how long a file took from earlier runs; a new machine has none.

const Sequencer = require('@jest/test-sequencer').default;

/** Endings of paths, the longest first. */
const LONGEST = [
  'volumes/crash-matrix.test.ts',
  'e2e/outages.test.ts',
  'e2e/faults.test.ts',
  'processors/worker-deaths.test.ts',
  'processors/replicate.test.ts',
  'e2e/lifecycle.test.ts',
  'e2e/replication.test.ts',
  'processors/rollback.test.ts',
  'processors/replicate-vsphere.test.ts',
  'processors/attach-slots.test.ts',
  'processors/delete-job.test.ts',
  'processors/cancel-replication.test.ts',
  'processors/random-sequences.test.ts',
  'processors/evictions.test.ts',
  'support/test-run.test.ts',
  'processors/failover-lost-answers.test.ts',
  'processors/atomic-cycles.test.ts',
  'transfer/write-back.test.ts',
  'processors/replicate-contents.test.ts',
  'e2e/pages.test.ts',
  'processors/failover-deaths.test.ts',
  'api/every-route.test.ts',
  'nbd/chaos-threads.test.ts',
  'queues/shutdown.test.ts',
  'vma/areas.test.ts',
  'vma/vsphere-sessions.test.ts',
  'volumes/guest.test.ts',
  'cloudstack/guests-uefi.test.ts',
  'processors/failover-undo.test.ts',
  'vma/restart.test.ts',
  'cloudstack/other-clients.test.ts',
  'processors/failover.test.ts',
  'transfer/copy-servers.test.ts',
  'processors/rollback-deaths.test.ts',
  'transfer/copy-threads.test.ts',
  'api/outage-of-every-route.test.ts',
  'queues/crash.test.ts',
  'e2e/generated-requests.test.ts',
  'queues/model.test.ts',
  'queues/redis-away.test.ts',
  'queues/workflow.test.ts',
];

class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const found = LONGEST.findIndex((ending) => path.endsWith(ending));
      return found === -1 ? LONGEST.length : found;
    };
    return [...super.sort(tests)].sort((one, other) => rank(one) - rank(other));
  }
}

module.exports = LongestFirst;
