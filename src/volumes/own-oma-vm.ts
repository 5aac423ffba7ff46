import type { Knex } from 'knex';
import { readTargets } from '../db/stores/target-store.ts';
import type { TargetSettings } from '../domain/accept-replication.ts';
import { AppError, precondition } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { omaVmsOfMappings } from '../db/stores/device-mapping-store.ts';
import { listOmaVms } from '../db/stores/oma-vm-store.ts';

/** The VM that this volume daemon runs on, as its setting or the active configuration says. */
export interface OwnOmaVm {
  readonly vmId: string;
  /** Undefined while there is not exactly one active configuration. */
  readonly config: TargetSettings | undefined;
}

/** Undefined while nobody has said which VM this is. */
export type FindOwnOmaVm = () => Promise<OwnOmaVm | undefined>;

/**
 * Remembers the last answer: a configuration that is being changed must not make a daemon forget which of several
 * OMA VMs it serves.
 */
export function findOwnOmaVm(db: Knex, setting: string | undefined): FindOwnOmaVm {
  let last: OwnOmaVm | undefined;
  return async () => {
    const config = await activeTarget(db);
    const vmId = setting ?? (config?.omaVmId === '' ? undefined : config?.omaVmId) ?? last?.vmId;
    last = vmId === undefined ? undefined : { vmId, config };
    return last;
  };
}

/**
 * The OMA VM whose devices and exports this daemon may judge; undefined while no OMA VM is known at all, then
 * everything is here.
 * @throws precondition `oma-vm.unknown` where there are several and nobody has said which of them this is: what is at
 * another one looks from here as if it were missing.
 */
export type OwnVmId = () => Promise<string | undefined>;

/** The one that was said, else the only one. Tells the log once when it does not know, and once when it does again. */
export function ownVmId(db: Knex, own: FindOwnOmaVm, log: Pick<Logger, 'error' | 'info'>): OwnVmId {
  let isTold = false;
  return async () => {
    const said = (await own())?.vmId;
    const only = said === undefined ? await onlyOmaVm(db) : { vmId: said };
    if (only === undefined) {
      const error = unknownOmaVm();
      if (!isTold) log.error({ code: error.code, hint: error.hint }, error.message);
      isTold = true;
      throw error;
    }
    if (isTold) log.info(only, 'the OMA VM of this volume daemon is known');
    isTold = false;
    return only.vmId;
  };
}

const unknownOmaVm = (): AppError =>
  precondition('oma-vm.unknown', 'this volume daemon does not know its OMA VM, and there are others', {
    hint:
      'set MIGRATEKIT_OMA_VM_ID to the id of this VM in CloudStack and start the volume daemon again; ' +
      'until then it looks after no device, export or overlay',
  });

export const isUnknownOmaVm = (error: unknown): boolean => error instanceof AppError && error.code === 'oma-vm.unknown';

async function activeTarget(db: Knex): Promise<TargetSettings | undefined> {
  try {
    return (await readTargets(db, [])).meant(undefined);
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('ossea-config.')) return undefined;
    throw error;
  }
}

/** Undefined: there are others; without a VM: there is none. */
async function onlyOmaVm(db: Knex): Promise<{ readonly vmId: string | undefined } | undefined> {
  const vms = await listOmaVms(db);
  const [first] = vms;
  if (first === undefined) return (await omaVmsOfMappings(db)).length > 1 ? undefined : { vmId: undefined };
  // Only a daemon that knows its VM keeps the row fresh: that is another one.
  return vms.length === 1 && first.isAway ? { vmId: first.vmId } : undefined;
}
