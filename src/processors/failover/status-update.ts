import { SECOND } from '../../base/units.ts';
import { loadFailoverPoint } from '../../db/stores/failover-point-store.ts';
import { leaveContext } from '../../db/stores/failover-rows.ts';
import { findFailover, noteFailover, setStatus } from '../../db/stores/failover-store.ts';
import { BootVerdict } from '../../domain/failover/boot-verdict.ts';
import type { StepWork } from '../../workflow/define.ts';
import { PoweredOff, type Failover } from './context.ts';

/** Only here the VM itself is said to be failed over: in the transaction that records the end of this step. */
export const statusUpdate: StepWork<Failover> = {
  async run({ context, outputs }) {
    const { run } = context;
    const off = outputs.find('source-vm-power-off', PoweredOff);
    const lossSeconds = run.payload.options.type === 'test' ? null : await lossOf(context, off?.offAt);
    await run.fenced((trx) => noteFailover(trx, run.jobId, { lossSeconds }));
    return { lossSeconds };
  },

  async record({ context: { run }, outputs, log }, trx) {
    const { type, commit } = run.payload.options;
    await setStatus(trx, run.jobId, { status: 'completed' });
    const { verdict } = outputs.get('boot-verdict', BootVerdict);
    // No timer closes the only way back from a VM that did not come up.
    const isLeftToPeople = commit?.then === 'commit' && verdict === 'not-booted';
    const due = isLeftToPeople ? { commitDueAt: null } : {};
    await noteFailover(trx, run.jobId, { errorMessage: null, remaining: null, ...due });
    if (isLeftToPeople) log.warn('VM has not booted: it is not committed by itself, a person decides');
    await leaveContext(trx, run.payload.contextId, type === 'test' ? 'test-completed' : 'live-completed');
  },
};

/**
 * Seconds between the snapshot of the committed point and the end of the source's writes: its shutdown, or else the
 * acceptance of the failover. Null where the time of the snapshot is not known.
 */
async function lossOf({ run, deps }: Failover, offAt: string | undefined): Promise<number | null> {
  const point = await loadFailoverPoint(deps.db, run.payload.contextId);
  const job = await findFailover(deps.db, run.jobId);
  const lostSince = offAt === undefined ? job?.createdAt : new Date(offAt);
  if (!point?.snapshotAt || lostSince === undefined) return null;
  return Math.max(0, Math.round((lostSince.getTime() - point.snapshotAt.getTime()) / SECOND));
}
