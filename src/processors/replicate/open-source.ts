import { writeSetupProgress } from '../../db/stores/transfer-progress-store.ts';
import type { StepWork } from '../../workflow/define.ts';
import type { Replication } from './context.ts';
import { endSession } from './end-session.ts';
import { Prepared } from './outputs.ts';
import { ensureSession } from './source-session.ts';

/** One snapshot of all disks of the VM, and an export of each. Undo: the snapshot goes, whatever else failed. */
export const openSource: StepWork<Replication> = {
  async run({ context, outputs }) {
    const plan = outputs.get('prepare', Prepared);
    await context.run.fenced((trx) =>
      writeSetupProgress(trx, context.run.jobId, { percent: 90, operation: 'Taking the snapshot' }),
    );
    const session = await ensureSession(context, plan);
    await context.run.fenced((trx) =>
      writeSetupProgress(trx, context.run.jobId, { percent: 100, operation: 'Snapshot taken' }),
    );
    return { sessionId: session.session_id, snapshot: session.snapshot };
  },

  async undo({ context, signal, log }) {
    await endSession(context, { committed: false, signal, log });
  },
};
