import type { Knex } from 'knex';
import { readTargets } from '../db/stores/target-store.ts';
import type { TargetSettings } from '../domain/accept-replication.ts';
import { AppError } from '../base/errors.ts';

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

async function activeTarget(db: Knex): Promise<TargetSettings | undefined> {
  try {
    return (await readTargets(db, [])).meant(undefined);
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('ossea-config.')) return undefined;
    throw error;
  }
}
