import { counted } from '../../base/counted.ts';
import { AppError, busy, precondition } from '../../base/errors.ts';
import { MINUTE, SECOND } from '../../base/units.ts';
import { inTransaction } from '../../db/knex.ts';
import { listOmaVms, lockOmaVms, noteRoom, type OmaVm } from '../../db/stores/oma-vm-store.ts';
import {
  askForSlots,
  findGrant,
  giveSlotsBack,
  grantSlots,
  noteEviction,
  openEvictions,
  readSlots,
  wakeJobs,
} from '../../db/stores/slot-store.ts';
import { writeSetupProgress } from '../../db/stores/transfer-progress-store.ts';
import { planSlots } from '../../domain/slots/plan.ts';
import type { Wait } from '../../domain/slots/state.ts';
import type { Transaction } from '../../queues/define-job.ts';
import { attachVolume, volumeOperation } from '../../queues/jobs/attach-volume.ts';
import type { Knex } from '../../db/knex.ts';
import type { JobRun } from '../../queues/define-job.ts';

/** Slots for all volumes of a VM at one OMA VM: asked for, waited for, and given back when CloudStack knows better. */

/** A lost wake-up costs no more than this. */
const EVICTIONS_WITHIN_MS = 10 * MINUTE;
/** Whoever looks gives slots to all who are next, and wakes them; so the head of the line looks often, the rest rarely. */
const PER_PLACE_MS = 5 * SECOND;
const LOOK_AT_LEAST_MS = 1 * MINUTE;
/** Between two looks of one who waits for something else than room. */
const OTHERS_MS = 5 * SECOND;

export interface SlotsAsked {
  readonly zoneId: string;
  readonly volumes: readonly { readonly volumeId: string }[];
}

/** Of any job that attaches volumes of its VM to the appliance. */
interface Attaching {
  readonly run: JobRun<unknown>;
  readonly deps: { readonly db: Knex };
}

export interface Slots {
  readonly vm: OmaVm;
  /** Counts how often the job was given slots. */
  readonly grants: number;
}

/**
 * The slots of the job, given now or before. While it must wait the job leaves its worker: parked while idle volumes
 * are being detached for it, else until its next try.
 * @throws busy `replication.waits-for-slots`; precondition `replication.too-many-disks`
 */
export async function ensureSlots(context: Attaching, asked: SlotsAsked): Promise<Slots> {
  const { run, deps } = context;
  const decided = await run.fenced((trx) => decide(trx, run.jobId, asked));
  await inTransaction(deps.db, (trx) => wakeJobs(trx, decided.others), { idempotent: true });
  if (decided.slots !== undefined) return decided.slots;
  const { wait } = decided;
  const error = errorOf(wait, asked);
  if (wait.kind === 'never') throw error;
  for (const volumeId of decided.evictions) await evict(context, volumeId);
  const going = await openEvictions(deps.db, run.jobId);
  if (going.length === 0) throw error;
  const operation = `Waiting for: ${counted(going.length, 'idle volume')} to be detached`;
  await run.fenced((trx) => writeSetupProgress(trx, run.jobId, { percent: 60, operation }));
  return run.park(going, EVICTIONS_WITHIN_MS);
}

interface Decided {
  readonly slots: Slots | undefined;
  readonly wait: Wait;
  readonly evictions: readonly string[];
  /** Jobs that got their slots in passing, or have something to detach. */
  readonly others: readonly string[];
}

/** Everybody in the line gets what is free, not only this job: its next try may be seconds away, theirs too. */
async function decide(trx: Transaction, jobId: string, { zoneId, volumes }: SlotsAsked): Promise<Decided> {
  const vms = await lockOmaVms(trx);
  await askForSlots(trx, { jobId, zoneId, volumeIds: volumes.map((volume) => volume.volumeId) });
  const plan = planSlots(await readSlots(trx, vms));
  await grantSlots(trx, plan.grants);
  const grant = await findGrant(trx, jobId);
  const vm = vms.find((each) => each.id === grant?.vm);
  return {
    slots: grant === undefined || vm === undefined ? undefined : { vm, grants: grant.grants },
    wait: plan.waits.get(jobId) ?? { kind: 'no-vm' },
    evictions: plan.evictions.get(jobId) ?? [],
    others: [...plan.grants.map((each) => each.jobId), ...plan.evictions.keys()].filter((id) => id !== jobId),
  };
}

const MOVED_ON = 'replication.slots-moved-on';

/**
 * A child that detaches an idle volume. Whether it still is idle, and still in the way, is judged again in the
 * transaction that makes the child: from then on its own VM cannot get it until the child has ended.
 */
async function evict({ run }: Attaching, volumeId: string): Promise<void> {
  const childKey = `evict ${volumeId} ${run.epoch}`;
  const payload = { action: 'detach', volumeId } as const;
  try {
    await run.child({
      key: childKey,
      contract: attachVolume,
      payload,
      domainRows: async (trx, childId) => {
        const plan = planSlots(await readSlots(trx, await lockOmaVms(trx)));
        if (plan.evictions.get(run.jobId)?.includes(volumeId) !== true) {
          throw busy(MOVED_ON, `volume ${volumeId} need not or must not be detached any more`);
        }
        await noteEviction(trx, { volumeId, jobId: run.jobId, childKey });
        await volumeOperation(payload)(trx, childId);
      },
    });
    run.log.info({ volumeId }, 'idle volume is detached to make room');
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== MOVED_ON) throw error;
  }
}

/**
 * CloudStack refused one of the volumes: there is less room than we thought. What is attached now is all that fits, for
 * a while, and the job waits where it was in the line.
 * @returns what to throw
 */
export async function slotsRefused({ run }: Attaching, { vm }: Slots, why: AppError): Promise<AppError> {
  await run.fenced(async (trx) => {
    const vms = await lockOmaVms(trx);
    const now = vms.find((each) => each.id === vm.id);
    const { attached } = await readSlots(trx, vms);
    const ours = attached.filter((each) => each.vm === vm.id).length;
    // Less than we thought, whatever the rows say, so that the same grant is not made again at once.
    const thought = Math.min((now ?? vm).slots - (now ?? vm).foreignDisks, now?.roomSeen ?? vm.slots);
    await noteRoom(trx, vm.id, Math.max(0, Math.min(ours, thought - 1)));
    await giveSlotsBack(trx, run.jobId);
  });
  return busy('replication.waits-for-slots', `waits for attach slots: CloudStack has no more at ${vm.name}`, {
    cause: why,
    hint: 'detach data disks that are not needed from that VM',
    details: { vmId: vm.vmId },
  });
}

/** Where the volumes of the job are attached although their slots are elsewhere. */
export async function volumesElsewhere<V extends { readonly volumeId: string }>(
  { deps }: Attaching,
  { vm }: Slots,
  volumes: readonly V[],
): Promise<V[]> {
  const { attached } = await readSlots(deps.db, await listOmaVms(deps.db));
  const elsewhere = new Set(attached.filter((each) => each.vm !== vm.id).map((each) => each.volumeId));
  return volumes.filter((volume) => elsewhere.has(volume.volumeId));
}

function errorOf(wait: Wait, { volumes }: SlotsAsked): AppError {
  const count = volumes.length;
  const slots = counted(count, 'attach slot');
  if (wait.kind === 'never') {
    return precondition(
      'replication.too-many-disks',
      `the VM has ${count} disks, but no OMA VM has more than ${counted(wait.most, 'attach slot')}`,
      { hint: 'all disks of a VM are attached to one OMA VM: raise MIGRATEKIT_ATTACH_SLOTS where the cloud allows it' },
    );
  }
  return busy('replication.waits-for-slots', `waits for ${slots} ${describeWait(wait)}`, {
    details: { slots: count, ...wait },
    retryAfterMs: wait.kind === 'line' ? Math.min((wait.place - 1) * PER_PLACE_MS, LOOK_AT_LEAST_MS) : OTHERS_MS,
    hint: HINTS[wait.kind],
  });
}

const HINTS = {
  'no-vm': 'start the volume daemon of an OMA VM in that zone',
  away: 'start the volume daemon of that VM',
  full: 'detach foreign data disks from the OMA VM, or raise its MIGRATEKIT_ATTACH_SLOTS',
  line: 'nothing to do: it gets them as soon as others have ended; migratekit oma-vms shows the line',
} as const;

function describeWait(wait: Exclude<Wait, { readonly kind: 'never' }>): string {
  switch (wait.kind) {
    case 'no-vm':
      return 'of an OMA VM: no volume daemon has registered in the zone';
    case 'away':
      return `of ${either(wait.vms)}, whose volume daemon is away`;
    case 'full':
      return `of ${either(wait.vms)}: disks of others take too many`;
    case 'line':
      return `of ${either(wait.vms)}, ${ordinal(wait.place)} in line`;
  }
}

const either = (names: readonly string[]): string =>
  names.length > 3 ? `one of ${names.length} OMA VMs` : names.join(' or ');

const SUFFIXES: Readonly<Record<string, string>> = { one: 'st', two: 'nd', few: 'rd', other: 'th' };
const RULES = new Intl.PluralRules('en', { type: 'ordinal' });
const ordinal = (place: number): string => `${place}${SUFFIXES[RULES.select(place)] ?? 'th'}`;
