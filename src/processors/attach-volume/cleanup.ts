import { z } from 'zod';
import { conflict, precondition } from '../../base/errors.ts';
import { destroyInstance, stopInstance } from '../../cloudstack/instance-changes.ts';
import { findInstance } from '../../cloudstack/instances.ts';
import { detachVolume } from '../../cloudstack/volume-changes.ts';
import { findVolume, listVolumes } from '../../cloudstack/volumes.ts';
import { isTestVm, oursAmong } from '../../db/stores/test-vm-store.ts';
import { findVolumeRow } from '../../db/stores/volume-store.ts';
import type { VolumeAction, VolumeResult } from '../../queues/jobs/attach-volume.ts';
import { volumeUnknown } from '../../volumes/volume-unknown.ts';
import { attach } from './attach.ts';
import { writeDetached } from './detach.ts';
import type { VolumeWork } from './index.ts';
import { once } from './once.ts';

export type CleanupWork = Omit<VolumeWork<VolumeAction & { action: 'cleanup' }>, 'row'>;

/** What is to come back: decided once, because afterwards no row tells any more whose volumes they were. */
const PLAN = { name: 'look', output: z.object({ volumeIds: z.array(z.string()) }) };

/**
 * Takes the replicas off the VM of a test failover and gives them back to the appliance, in the only order that loses
 * nothing: stop the VM, detach what is ours, look that nothing of ours is left there, and only then destroy it, because
 * CloudStack deletes the root disk together with its VM. All volumes of ours at that VM come back, also those that were
 * not named.
 * @throws precondition `cleanup.oma-vm`, `cleanup.unknown-vm`; not-found `volume.unknown`; conflict
 * `volume.attached-elsewhere`, `export.in-use`; what CloudStack refuses
 */
export async function cleanup(work: CleanupWork): Promise<VolumeResult> {
  const { run, action } = work;
  const { volumeIds } = await once(run, { ...PLAN, act: () => look(work) });
  await stop(work);
  for (const volumeId of volumeIds) await takeOff(work, volumeId);
  if (action.deleteVm) await destroy(work, volumeIds);
  const results: VolumeResult[] = [];
  for (const volumeId of volumeIds) results.push(await bringBack(work, volumeId));
  const warnings = results.flatMap(({ warning }) => warning ?? []);
  const [first] = results;
  run.log.info({ vmId: action.testVmId, volumeIds, destroyed: action.deleteVm }, 'cleaned up after a test VM');
  return {
    volumeId: first?.volumeId ?? '',
    devicePath: first?.devicePath ?? null,
    deviceId: first?.deviceId ?? null,
    sizeBytes: first?.sizeBytes ?? null,
    warning: warnings.length === 0 ? null : warnings.join('; '),
  };
}

async function look(work: CleanupWork): Promise<z.output<typeof PLAN.output>> {
  const { run, action, cloud } = work;
  const { testVmId, omaVmId, volumeIds } = action;
  const { isKnown, known } = await run.fenced(async (trx) => ({
    isKnown: await isTestVm(trx, testVmId),
    known: await oursAmong(trx, volumeIds),
  }));
  if (cloud.isOma(testVmId) || !cloud.isOma(omaVmId)) throw notATest(action, cloud.isOma(testVmId));
  if (!isKnown && !action.force) {
    throw precondition(
      'cleanup.unknown-vm',
      `no test failover and no volume of ours is known to be at VM ${testVmId}`,
      {
        details: { testVmId },
        hint: 'is it the right VM? with force_clean it is stopped, and destroyed if asked for, all the same',
      },
    );
  }
  const stranger = volumeIds.find((volumeId) => !known.includes(volumeId));
  if (stranger !== undefined) throw volumeUnknown(stranger);
  for (const volumeId of volumeIds) {
    const volume = await findVolume(cloud.client, volumeId, { signal: run.signal });
    if (volume?.vmId === undefined || volume.vmId === testVmId || volume.vmId === omaVmId) continue;
    throw conflict(
      'volume.attached-elsewhere',
      `volume ${volumeId} is attached to VM ${volume.vmName ?? volume.vmId}`,
      {
        details: { volumeId, vmId: volume.vmId, testVmId },
        hint: 'nothing was changed; name the VM that it is attached to',
      },
    );
  }
  return { volumeIds: [...new Set([...volumeIds, ...(await oursThere(work))])] };
}

function notATest({ testVmId, omaVmId }: CleanupWork['action'], isAppliance: boolean): Error {
  const what = isAppliance
    ? `VM ${testVmId} is an appliance`
    : `VM ${omaVmId} is not an appliance of this installation`;
  return precondition('cleanup.oma-vm', `${what}: nothing was changed`, {
    details: { testVmId, omaVmId },
    hint: 'test_vm_id is the VM of the test failover, oma_vm_id the appliance that gets the volumes back',
  });
}

/** Volumes of ours that CloudStack has at the test VM now. */
async function oursThere({ run, action, cloud }: CleanupWork): Promise<string[]> {
  const instance = await findInstance(cloud.client, action.testVmId, { signal: run.signal });
  if (instance === undefined) return [];
  const there = await listVolumes(cloud.client, { vmId: action.testVmId }, { signal: run.signal });
  const ids = there.map(({ id }) => id);
  return run.fenced((trx) => oursAmong(trx, ids));
}

const GONE: ReadonlySet<string> = new Set(['Destroyed', 'Expunging', 'Expunged']);

async function stop({ run, action, cloud }: CleanupWork): Promise<void> {
  const { testVmId: vmId } = action;
  const instance = await findInstance(cloud.client, vmId, { signal: run.signal });
  if (instance === undefined || GONE.has(instance.state)) return;
  await stopInstance(cloud.client, { vmId, forced: true }, { signal: run.signal });
}

async function takeOff({ run, action, cloud, volumes }: CleanupWork, volumeId: string): Promise<void> {
  const { testVmId: vmId } = action;
  await volumes.exports.exclusively(volumeId, async () => {
    const volume = await findVolume(cloud.client, volumeId, { signal: run.signal });
    if (volume?.vmId !== vmId) return;
    await volumes.exports.drop(volumeId, run.jobId);
    await detachVolume(cloud.client, { volumeId, vmId }, { signal: run.signal });
    await writeDetached({ run }, volumeId);
    run.log.info({ volumeId, vmId }, 'volume taken off the test VM');
  });
}

async function destroy(work: CleanupWork, volumeIds: readonly string[]): Promise<void> {
  const { run, action, cloud } = work;
  const left = await oursThere(work);
  if (left.length > 0) {
    throw conflict('cleanup.volumes-left', `VM ${action.testVmId} has volumes of ours: it is not destroyed`, {
      details: { volumeIds: left },
      hint: 'somebody attached them meanwhile: clean up again',
    });
  }
  const destruction = { vmId: action.testVmId, expunge: true, keepVolumeIds: volumeIds };
  await destroyInstance(cloud.client, destruction, { signal: run.signal });
}

async function bringBack(work: CleanupWork, volumeId: string): Promise<VolumeResult> {
  const { run, action, cloud } = work;
  const vmId = action.omaVmId;
  return work.volumes.exports.exclusively(volumeId, async () => {
    const volume = await findVolume(cloud.client, volumeId, { signal: run.signal });
    if (volume === undefined) {
      const warning = `volume ${volumeId} does not exist in CloudStack`;
      return { volumeId, devicePath: null, deviceId: null, sizeBytes: null, warning };
    }
    const row = await run.fenced((trx) => findVolumeRow(trx, volumeId));
    return attach({ ...work, row, action: { action: 'attach', volumeId, vmId } });
  });
}
