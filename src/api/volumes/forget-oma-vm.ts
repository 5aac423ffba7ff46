import { counted } from '../../base/counted.ts';
import { conflict } from '../../base/errors.ts';
import { apiLog } from '../../base/logger.ts';
import { findInstance } from '../../cloudstack/instances.ts';
import { findVolume } from '../../cloudstack/volumes.ts';
import { inTransaction } from '../../db/knex.ts';
import { assertNobodyThere, forgetOmaVm, volumesThere, type VolumeThere } from '../../db/stores/oma-vm-end-store.ts';
import { listOmaVms } from '../../db/stores/oma-vm-store.ts';
import { askCloud, cloudOfContext } from '../cloud/account.ts';
import type { ApiContext } from '../context.ts';

export interface Forgetting {
  readonly vmId: string;
  /** Committed changes that lie on that VM alone may be lost: their disks are copied in full. */
  readonly loseOverlays: boolean;
}

/** A volume that our rows had there, and what CloudStack says. */
interface Looked extends VolumeThere {
  readonly found: 'detached' | 'elsewhere' | 'gone';
  readonly attachedTo: string | null;
}

/**
 * Forgets an OMA VM that is gone for good. CloudStack is asked first about every volume that our rows have there: while it
 * has one of them at that VM nothing is changed, because somebody may still write to it.
 * @throws what assertNobodyThere, cloudOfContext and askCloud throw; conflict `oma-vm.has-volumes`, `oma-vm.has-overlays`
 */
export async function forgetGoneOmaVm(
  { db, box }: Pick<ApiContext, 'db' | 'box'>,
  { vmId, loseOverlays }: Forgetting,
): Promise<Record<string, unknown>> {
  const { configId, name } = await assertNobodyThere(db, await listOmaVms(db), vmId);
  const there = await volumesThere(db, vmId);
  const account = await cloudOfContext({ db, box }, configId);
  const { state, places } = await askCloud(account, async (client, options) => ({
    state: (await findInstance(client, vmId, options))?.state ?? null,
    places: await Promise.all(there.map(({ volumeId }) => findVolume(client, volumeId, options))),
  }));
  const looked = there.map((volume, at): Looked => {
    const attachedTo = places[at]?.vmId ?? null;
    const found = places[at] === undefined ? 'gone' : attachedTo === null ? 'detached' : 'elsewhere';
    return { ...volume, found, attachedTo };
  });
  const still = looked.filter((volume) => volume.attachedTo === vmId);
  if (still.length > 0) throw hasVolumes(name, still);
  const overlaid = looked.filter((volume) => volume.hasCommittedOverlay);
  if (overlaid.length > 0 && !loseOverlays) throw hasOverlays(name, overlaid);
  const { volumes } = await inTransaction(db, (trx) => forgetOmaVm(trx, vmId, there));
  apiLog.warn({ vmId, name, volumes: volumes.map(({ volumeId }) => volumeId) }, 'OMA VM forgotten');
  const what =
    volumes.length === 0 ? '' : `; the disks of ${counted(volumes.length, 'volume')} are copied in full next`;
  return {
    message: `${name} is forgotten${what}`,
    vm_id: vmId,
    name,
    cloudstack_state: state,
    volumes: looked.map((volume) => ({
      volume_id: volume.volumeId,
      name: volume.name,
      vm_context_id: volume.contextId,
      found: volume.found,
      attached_to: volume.attachedTo,
      changes_lost: volume.hasCommittedOverlay,
    })),
  };
}

const errorsOf = (volumes: readonly Looked[]): object[] =>
  volumes.map(({ volumeId, name }) => ({ path: 'vm_id', message: `${name} (${volumeId})` }));

const hasVolumes = (vm: string, volumes: readonly Looked[]): Error =>
  conflict('oma-vm.has-volumes', `cloudstack has ${counted(volumes.length, 'volume')} of ours at ${vm}`, {
    details: { errors: errorsOf(volumes) },
    hint:
      'where the VM will not come back: destroy it in cloudstack, or stop it and detach them there, so that nobody writes to ' +
      'them any more; else start its volume daemon',
  });

const hasOverlays = (vm: string, volumes: readonly Looked[]): Error =>
  conflict(
    'oma-vm.has-overlays',
    `the last committed changes of ${counted(volumes.length, 'volume')} lie on ${vm} alone`,
    {
      details: { errors: errorsOf(volumes) },
      hint:
        'where its disk can be had again, start it with its volume daemon, which writes them into the volumes; else send ' +
        'lose_overlays=true: those disks are copied in full next, and until then no failover uses them',
    },
  );
