import { conflict, notFound, type AppError } from '../../base/errors.ts';
import type { Knex } from '../knex.ts';
import { change, places, select } from '../sql.ts';
import { deleteMapping, mappingsOfVm } from './device-mapping-store.ts';
import { lockOmaVms, type OmaVm } from './oma-vm-store.ts';
import { readSlots } from './slot-store.ts';
import { distrustContents, lockVolumeRow, markExported, placeVolume } from './volume-store.ts';
import { findOverlay, forgetCommitted } from './volume-overlay-store.ts';

/** The end of an OMA VM in our rows. Whoever calls this has asked CloudStack before: the rows alone never decide. */

/** What our rows have at an OMA VM. */
export interface VolumeThere {
  readonly volumeId: string;
  readonly name: string;
  readonly contextId: string | null;
  /** Committed changes lie in an overlay on that VM, and not in the volume. */
  readonly hasCommittedOverlay: boolean;
}

interface Row extends Omit<VolumeThere, 'hasCommittedOverlay'> {
  readonly overlays: number | string;
}

/** By name. */
export async function volumesThere(db: Knex, vmId: string): Promise<VolumeThere[]> {
  const rows = await select<Row>(
    db,
    `SELECT mapping.volume_uuid AS volumeId, COALESCE(volume.name, mapping.volume_uuid) AS name,
            mapping.vm_context_id AS contextId,
            (SELECT COUNT(*) FROM volume_overlays overlay
              WHERE overlay.volume_id = mapping.volume_uuid AND overlay.state <> 'filling') AS overlays
       FROM device_mappings mapping LEFT JOIN ossea_volumes volume ON volume.volume_id = mapping.volume_uuid
      WHERE mapping.vm_id = ? ORDER BY name, mapping.volume_uuid`,
    [vmId],
  );
  return rows.map(({ overlays, ...row }) => ({ ...row, hasCommittedOverlay: Number(overlays) > 0 }));
}

/**
 * That nobody works there: its daemon is away, no job has slots there or uses one of its volumes, and no active
 * configuration names it.
 * @throws notFound `oma-vm.not-registered`; conflict `oma-vm.alive`, `oma-vm.configured`, `oma-vm.in-use`
 */
export async function assertNobodyThere(db: Knex, vms: readonly OmaVm[], vmId: string): Promise<OmaVm> {
  const vm = vms.find((each) => each.vmId === vmId);
  if (vm === undefined) throw notRegistered(vmId);
  if (!vm.isAway) throw alive(vm);
  const configs = await select<{ name: string }>(
    db,
    'SELECT name FROM ossea_configs WHERE oma_vm_id = ? AND is_active = 1',
    [vmId],
  );
  if (configs[0] !== undefined) throw configured(vm, configs[0].name);
  const { attached, requests } = await readSlots(db, vms);
  const jobs = requests.filter((request) => request.vm === vm.id).map((request) => request.jobId);
  const kept = attached.filter((each) => each.vm === vm.id && (each.isKept || each.evictedBy !== null));
  const volumeIds = [...kept.map((each) => each.volumeId), ...(await beingFilled(db, vmId))];
  if (jobs.length + volumeIds.length > 0) throw inUse(vm, { jobs, volumeIds: [...new Set(volumeIds)] });
  return vm;
}

/** Volumes there whose cycle may yet go on: its job has not ended, wherever that waits. */
async function beingFilled(db: Knex, vmId: string): Promise<string[]> {
  const rows = await select<{ id: string }>(
    db,
    `SELECT mapping.volume_uuid AS id
       FROM device_mappings mapping JOIN volume_overlays overlay ON overlay.volume_id = mapping.volume_uuid
       JOIN job_tracking job ON job.id = overlay.job_id AND job.dispatch_state <> 'closed'
      WHERE mapping.vm_id = ?`,
    [vmId],
  );
  return rows.map((row) => row.id);
}

export interface Forgotten {
  readonly vm: OmaVm;
  readonly volumes: readonly VolumeThere[];
}

/**
 * Forgets the OMA VM, and that these volumes are attached there: CloudStack says that they are not. Somebody may have had
 * them since, so none is believed any more, and what lay above one on that VM is lost.
 * @throws as assertNobodyThere; conflict `oma-vm.in-use`: by now other volumes are there than CloudStack was asked about
 */
export async function forgetOmaVm(
  trx: Knex.Transaction,
  vmId: string,
  asked: readonly VolumeThere[],
): Promise<Forgotten> {
  const vm = await assertNobodyThere(trx, await lockOmaVms(trx), vmId);
  const now = await mappingsOfVm(trx, vmId);
  const known = new Set(asked.map(({ volumeId }) => volumeId));
  const others = now.map(({ volumeUuid }) => volumeUuid).filter((volumeId) => !known.has(volumeId));
  if (others.length > 0) throw inUse(vm, { jobs: [], volumeIds: others });
  const volumes = asked.filter(({ volumeId }) => now.some(({ volumeUuid }) => volumeUuid === volumeId));
  for (const { volumeId } of volumes) await letGo(trx, vm, volumeId);
  if (volumes.length > 0) {
    const ids = volumes.map(({ volumeId }) => volumeId);
    await change(trx, `DELETE FROM nbd_exports WHERE volume_id IN (${places(ids)})`, ids);
  }
  await change(trx, 'DELETE FROM oma_vms WHERE id = ?', [vm.id]);
  return { vm, volumes };
}

async function letGo(trx: Knex.Transaction, { name }: OmaVm, volumeId: string): Promise<void> {
  await lockVolumeRow(trx, volumeId);
  const reason = `the OMA VM ${name} is gone`;
  const overlay = await findOverlay(trx, volumeId);
  if (overlay !== undefined) await forgetCommitted(trx, overlay, `${reason}, and the overlay of the volume with it`);
  else await distrustContents(trx, volumeId, reason);
  await markExported(trx, volumeId);
  await deleteMapping(trx, volumeId);
  await placeVolume(trx, volumeId, { state: 'detached', vmId: null, devicePath: null });
}

const notRegistered = (vmId: string): AppError =>
  notFound('oma-vm.not-registered', `there is no OMA VM ${vmId}`, {
    hint: 'GET /api/v1/attach-slots lists them; a volume daemon registers its own when it starts',
  });

const alive = ({ vmId, name, lastSeenAt }: OmaVm): AppError =>
  conflict('oma-vm.alive', `the volume daemon of ${name} was heard of at ${lastSeenAt.toISOString()}`, {
    details: { vmId },
    hint: 'only a VM whose volume daemon has stopped is forgotten: stop it, and ask again half a minute later',
  });

const configured = ({ vmId, name }: OmaVm, config: string): AppError =>
  conflict('oma-vm.configured', `the configuration ${config} says that the appliance is ${name}`, {
    details: { vmId },
    hint: `name another VM there first: migratekit cloud configure ${config} --oma-vm ID`,
  });

function inUse(
  { vmId, name }: OmaVm,
  { jobs, volumeIds }: { readonly jobs: readonly string[]; readonly volumeIds: readonly string[] },
): AppError {
  return conflict('oma-vm.in-use', `jobs that have not ended work with volumes at ${name}`, {
    details: {
      vmId,
      errors: [
        ...jobs.map((id) => ({ path: 'vm_id', message: `job ${id} has attach slots there` })),
        ...volumeIds.map((id) => ({ path: 'vm_id', message: `volume ${id} there is in use` })),
      ],
    },
    hint: 'cancel them, or wait for their end; errors lists them',
  });
}
