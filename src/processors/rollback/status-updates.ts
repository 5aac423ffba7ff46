import { precondition } from '../../base/errors.ts';
import { leaveRolledBack } from '../../db/stores/failover-end-store.ts';
import { noteFailover, setStatus } from '../../db/stores/failover-store.ts';
import type { Leftover } from '../../domain/failover/leftover.ts';
import type { Outputs, StepWork } from '../../workflow/define.ts';
import { Problems, WayBack, type Rollback } from './context.ts';

/** Steps that go on past what they cannot do where that was asked for. */
const TOLERANT_STEPS = [
  'test-vm-shutdown',
  'volume-detachment',
  'multi-volume-snapshot-cleanup',
  'volume-mode-switch-oma',
  'volume-reattachment-to-oma',
  'test-vm-deletion',
  'source-vm-power-on',
] as const;

const problemsOf = (outputs: Outputs): Leftover[] =>
  TOLERANT_STEPS.flatMap((name) => outputs.find(name, Problems)?.problems ?? []);

/** Ends a rollback that went on past something here: with the list of it, and never as completed. */
export const jobStatusUpdate: StepWork<Rollback> = {
  async run({ context: { run }, outputs }) {
    const remaining = problemsOf(outputs);
    if (remaining.length === 0) return;
    await run.fenced((trx) => noteFailover(trx, run.payload.failoverJobId, { remaining }));
    const left = remaining.map(({ kind, id }) => `${kind} ${id}`).join(', ');
    throw precondition('rollback.incomplete', `could not be taken back completely; what remains: ${left}`, {
      hint: 'see to what remains, then clean up again',
      details: { remaining },
    });
  },

  async record({ context: { run }, outputs }, trx) {
    const { ended } = outputs.get('failover-job-retrieval', WayBack);
    const { failoverJobId, kind } = run.payload;
    await setStatus(trx, failoverJobId, { status: kind === 'cleanup-failed' ? 'failed' : ended });
    await noteFailover(trx, failoverJobId, { remaining: null, testExpiresAt: null, commitDueAt: null });
  },
};

/** The last of all: only now the VM is ready for whatever comes next. */
export const contextStatusUpdate: StepWork<Rollback> = {
  run: () => Promise.resolve(),

  async record({ context: { run }, outputs }, trx) {
    const { type } = outputs.get('failover-job-retrieval', WayBack);
    await leaveRolledBack(trx, run.payload.contextId, type);
  },
};
