// The order of test files: those that take minutes begin first, so that none of them runs alone at the end while the
// other workers have nothing to do. Jest knows how long a file took from earlier runs; a new machine has none.

const Sequencer = require('@jest/test-sequencer').default;

/** Endings of paths, the longest first. */
const LONGEST = [
  'volumes/crash-matrix.test.ts',
  'processors/worker-deaths.test.ts',
  'processors/replicate.test.ts',
  'e2e/faults.test.ts',
  'processors/delete-job.test.ts',
  'e2e/lifecycle.test.ts',
  'e2e/outages.test.ts',
  'processors/cancel-replication.test.ts',
  'processors/replicate-contents.test.ts',
  'transfer/copy-servers.test.ts',
  'transfer/copy-abilities.test.ts',
  'nbd/chaos.test.ts',
  'transfer/copy-errors.test.ts',
  'nbd/split-dialogue.test.ts',
  'e2e/pages.test.ts',
  'e2e/replication.test.ts',
  'e2e/generated-requests.test.ts',
  'vma/areas.test.ts',
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
