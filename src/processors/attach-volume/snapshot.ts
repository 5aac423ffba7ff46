import { z } from 'zod';
import { toAppError } from '../../base/errors.ts';
import { readSetting } from '../../cloudstack/settings.ts';
import { createSnapshot } from '../../cloudstack/snapshot-changes.ts';
import { beginSnapshot, noteSnapshot } from '../../db/stores/volume-snapshot-store.ts';
import type { VolumeAction, VolumeResult } from '../../queues/jobs/attach-volume.ts';
import { resultAt, whereabouts, whileAway, type Whereabouts } from './away.ts';
import type { VolumeWork } from './index.ts';
import { once, outputOf } from './once.ts';
import { ours } from './ours.ts';

type SnapshotWork = VolumeWork<VolumeAction & { action: 'snapshot' }>;

const Made = z.object({ id: z.string() });
type Made = z.output<typeof Made>;
const STEP = { name: 'snapshot', output: Made };

/**
 * A snapshot of one volume of ours, found by its name or made. Nobody may write to the volume meanwhile. CloudStack on
 * KVM snapshots the volume of a VM that runs only where `kvm.snapshot.enabled` is set: attached here, the volume is
 * detached for it where that is off, or where it is not told and the snapshot is refused.
 * @throws conflict `export.in-use`; not-found `volume.unknown`; what CloudStack refuses
 */
export async function snapshot(work: SnapshotWork): Promise<VolumeResult> {
  const { run, action } = work;
  const { volumeId } = action;
  ours(work, volumeId);
  const found = await whereabouts(work, volumeId);
  const earlier = await outputOf(run, STEP);
  if (earlier !== undefined && found.isSettled) return { ...resultAt(found), snapshotId: earlier.id };
  await work.volumes.exports.drop(volumeId, run.jobId);
  const place = await snapshotWhere(work, found);
  const { id } = await take(work);
  run.log.info({ volumeId, snapshotId: id }, 'snapshot made');
  return { ...(place ?? resultAt(found)), snapshotId: id };
}

/** Takes it in place, or while the volume is away; then what the volume is like after its return. */
async function snapshotWhere(work: SnapshotWork, found: Whereabouts): Promise<VolumeResult | undefined> {
  const away = (): Promise<VolumeResult> => whileAway(work, found, async () => void (await take(work)));
  // An attempt that died in the middle has left it detached, or half attached.
  if (!found.isSettled) return away();
  if (found.isHere && (await isRefusedWhileRunning(work))) return away();
  try {
    await take(work);
    return undefined;
  } catch (error) {
    if (!found.isHere || !REFUSED_WHILE_RUNNING.has(toAppError(error).code)) throw error;
    work.run.log.info({ reason: toAppError(error).message }, 'snapshot taken while detached');
    return away();
  }
}

async function isRefusedWhileRunning({ run, cloud }: SnapshotWork): Promise<boolean> {
  return (await readSetting(cloud.client, 'kvm.snapshot.enabled', { signal: run.signal })) === 'false';
}

const REFUSED_WHILE_RUNNING: ReadonlySet<string> = new Set([
  'cloudstack.running-snapshot',
  'cloudstack.vm-state',
  'cloudstack.refused',
]);

function take({ run, action, cloud }: SnapshotWork): Promise<Made> {
  const { volumeId, name } = action;
  return once(run, {
    ...STEP,
    async act() {
      await run.fenced((trx) => beginSnapshot(trx, volumeId, name));
      const made = await createSnapshot(
        cloud.client,
        { volumeId, name },
        {
          signal: run.signal,
          async onSubmitted({ id }) {
            if (id !== undefined) await run.fenced((trx) => noteSnapshot(trx, volumeId, { snapshotId: id }));
          },
        },
      );
      const createdAt = made.createdAt ?? 'now';
      await run.fenced((trx) => noteSnapshot(trx, volumeId, { snapshotId: made.id, createdAt }));
      return { id: made.id };
    },
    rows: async (trx) => void (await noteSnapshot(trx, volumeId, { status: 'ready' })),
  });
}
