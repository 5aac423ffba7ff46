import { describeError, toAppError } from '../../base/errors.ts';
import { findVolume } from '../../cloudstack/volumes.ts';
import { findMapping } from '../../db/stores/device-mapping-store.ts';
import type { FailoverSnapshot } from '../../db/stores/failover-point-store.ts';
import type { Leftover } from '../../domain/failover/leftover.ts';
import type { StepScope, StepWork } from '../../workflow/define.ts';
import { snapshotsMade } from '../failover-snapshots.ts';
import { ensureSlots } from '../replicate/slots.ts';
import { volumeChildren, volumeOutcomes, type VolumeRequest } from '../volume-children.ts';
import { cloudOf, isForced, leftBy, WayBack, type Problems, type Rollback } from './context.ts';

/** The volumes of a failover on their way back: off its VM, set back, ours again, and at the appliance. */

const planOf = ({ outputs }: StepScope<Rollback>): WayBack => outputs.get('failover-job-retrieval', WayBack);

/** Off the VM of the failover, and off any other that somebody gave them to: nothing else is done before. */
export const detachVolumes: StepWork<Rollback> = {
  async run(scope): Promise<Problems> {
    const { context, signal } = scope;
    const plan = planOf(scope);
    const { client } = await cloudOf(context, plan);
    const there: string[] = [];
    for (const volumeId of plan.volumeIds) {
      const mapping = await findMapping(context.deps.db, volumeId);
      const volume = await findVolume(client, volumeId, { signal });
      const isThere = plan.vmId !== null && (volume?.vmId === plan.vmId || mapping?.vmId === plan.vmId);
      if (isThere) there.push(volumeId);
    }
    return all(
      context,
      'volume',
      there.map((volumeId) => request('detach', { action: 'detach', volumeId })),
    );
  },
};

/**
 * Each volume back to its snapshot, and then, only where that succeeded, the snapshot away. One that cannot be set back
 * keeps its snapshot and stays distrusted: its next copy is of all of it.
 */
export const revertVolumes: StepWork<Rollback> = {
  async run(scope): Promise<Problems> {
    const { context, signal } = scope;
    const { run } = context;
    const { contextId, failoverJobId } = run.payload;
    const client = async () => (await cloudOf(context, planOf(scope))).client;
    // Those that were set back already show no change any more.
    const found = await snapshotsMade({ db: context.deps.db, contextId, failoverJobId, client, signal });
    const changed = found.filter(({ isChanged }) => isChanged);
    const outcomes = await volumeOutcomes(run, changed.map(revertOf));
    const problems: Leftover[] = [];
    const kept = new Set<string>();
    for (const [index, { error }] of outcomes.entries()) {
      const snapshot = changed[index];
      if (error === undefined || snapshot === undefined || isGoneAlready(context, error.code)) continue;
      kept.add(snapshot.snapshotId);
      problems.push(leftBy(context, { kind: 'snapshot', id: snapshot.snapshotId }, error));
    }
    const done = found.filter(({ snapshotId }) => !kept.has(snapshotId));
    const { problems: undeleted } = await all(context, 'snapshot', done.map(deletionOf));
    return { problems: [...problems, ...undeleted] };
  },
};

const revertOf = ({ volumeId, snapshotId }: FailoverSnapshot): VolumeRequest =>
  request('revert', { action: 'revert', volumeId, snapshotId });

const deletionOf = ({ volumeId, snapshotId }: FailoverSnapshot): VolumeRequest => ({
  key: `delete snapshot ${snapshotId}`,
  action: { action: 'delete-snapshot', volumeId, snapshotId },
});

/** Nothing leads back to what it was: the disk stays distrusted, and there is nothing to be cleaned up. */
const isGoneAlready = ({ run }: Rollback, code: string): boolean =>
  code === 'volume.snapshot-unknown' && (run.payload.kind === 'cleanup-failed' || run.payload.forceCleanup);

/** Those that are still, or again, at an appliance without being for replications. */
export const giveBack: StepWork<Rollback> = {
  async run(scope): Promise<Problems> {
    const { context } = scope;
    const given: string[] = [];
    const cloud = await cloudOf(context, planOf(scope));
    for (const volumeId of planOf(scope).volumeIds) {
      const mapping = await findMapping(context.deps.db, volumeId);
      if (mapping?.mode === 'failover' && cloud.isOma(mapping.vmId)) given.push(volumeId);
    }
    return all(
      context,
      'volume',
      given.map((volumeId) => request('give back', { action: 'hand-over', volumeId, mode: 'oma' })),
    );
  },
};

/** At one appliance, in its line like everybody; where there is no room the next replication waits for it, and loses nothing. */
export const reattach: StepWork<Rollback> = {
  async run(scope): Promise<Problems> {
    const { context, log } = scope;
    const plan = planOf(scope);
    const away = await awayFrom(scope);
    if (away.length === 0) return { problems: [] };
    try {
      const { vm } = await ensureSlots(context, {
        zoneId: plan.zoneId,
        volumes: away.map((volumeId) => ({ volumeId })),
      });
      const attach = (volumeId: string): VolumeRequest =>
        request('attach', { action: 'attach', volumeId, vmId: vm.vmId });
      if (isForced(context)) return await all(context, 'volume', away.map(attach));
      await volumeChildren(context.run, away.map(attach));
    } catch (thrown) {
      const error = toAppError(thrown);
      if (!NO_ROOM.has(error.code)) throw error;
      log.warn({ error: describeError(error) }, 'volumes stay detached until the next replication');
    }
    return { problems: [] };
  },
};

const NO_ROOM: ReadonlySet<string> = new Set([
  'replication.waits-for-slots',
  'replication.too-many-disks',
  'volume.no-slot',
]);

/** Those at no appliance; one that another VM still has is named already. */
async function awayFrom(scope: StepScope<Rollback>): Promise<string[]> {
  const { context, signal } = scope;
  const plan = planOf(scope);
  const cloud = await cloudOf(context, plan);
  const away: string[] = [];
  for (const volumeId of plan.volumeIds) {
    const volume = await findVolume(cloud.client, volumeId, { signal });
    const mapping = await findMapping(context.deps.db, volumeId);
    const isAtOma = volume?.vmId !== undefined && cloud.isOma(volume.vmId) && mapping?.cloudstackState === 'attached';
    const isElsewhere = volume?.vmId !== undefined && !cloud.isOma(volume.vmId);
    if (volume !== undefined && !isAtOma && !isElsewhere) away.push(volumeId);
  }
  return away;
}

type OneVolume = Extract<VolumeRequest['action'], { readonly volumeId: string }>;

/** A child is made once per key: one of each kind per volume. */
const request = (what: string, action: OneVolume): VolumeRequest => ({ key: `${what} ${action.volumeId}`, action });

/** All of them; what failed for good is named where the rollback goes on past it. */
async function all(
  context: Rollback,
  kind: 'volume' | 'snapshot',
  requests: readonly VolumeRequest[],
): Promise<Problems> {
  const outcomes = await volumeOutcomes(context.run, requests);
  const problems = outcomes.flatMap(({ error }, index) => {
    const action = requests[index]?.action;
    if (error === undefined || action === undefined) return [];
    const id = action.action === 'delete-snapshot' ? action.snapshotId : volumeIdOf(action);
    return [leftBy(context, { kind, id }, error)];
  });
  return { problems };
}

const volumeIdOf = (action: VolumeRequest['action']): string => ('volumeId' in action ? action.volumeId : '');
