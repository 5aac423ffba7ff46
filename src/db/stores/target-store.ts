import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import { precondition, type AppError } from '../../base/errors.ts';
import type { TargetSettings } from '../../domain/accept-replication.ts';
import { columnsOf } from '../columns.ts';
import { OsseaConfig } from '../models/ossea-configs.ts';

/** What there is to say about a target cloud without opening its keys. */

const FIELDS = ['id', 'name', 'zone', 'diskOfferingId', 'omaVmId'] as const satisfies readonly (keyof OsseaConfig)[];
const configs = (db: Knex): QueryBuilder<OsseaConfig> => OsseaConfig.query(db).select(columnsOf(FIELDS));

/** 0, 1 and nothing mean the active configuration, as older clients send them. */
export const isDefaultTarget = (id: number | null | undefined): boolean =>
  id === null || id === undefined || id === 0 || id === 1;

/**
 * The active configuration that a request means.
 * @throws precondition `ossea-config.missing`, `ossea-config.ambiguous`
 */
export async function targetFor(db: Knex, id: number | null | undefined): Promise<TargetSettings> {
  const active = await configs(db).where({ is_active: true }).orderBy('id');
  const fits = isDefaultTarget(id) ? active : active.filter((row) => row.id === id);
  const [only, ...others] = fits;
  if (only === undefined)
    throw missing(
      active.length === 0 ? 'no CloudStack is configured' : `there is no active CloudStack configuration ${id ?? ''}`,
    );
  if (others.length > 0) throw ambiguous();
  return settingsOf(only);
}

/** A configuration, active or not. @throws precondition `ossea-config.missing` */
export async function targetById(db: Knex, id: number): Promise<TargetSettings> {
  const row = await configs(db).findById(id);
  if (row === undefined) throw missing(`there is no CloudStack configuration ${id}`);
  return settingsOf(row);
}

const settingsOf = ({ id, name, zone, diskOfferingId, omaVmId }: OsseaConfig): TargetSettings => ({
  id,
  name,
  zone,
  diskOfferingId,
  omaVmId,
});

const missing = (why: string): AppError =>
  precondition('ossea-config.missing', why, {
    details: { errors: [{ path: 'ossea_config_id', message: 'does not name an active CloudStack configuration' }] },
    hint: 'configure the target cloud; without ossea_config_id the active one is used',
  });

const ambiguous = (): AppError =>
  precondition('ossea-config.ambiguous', 'more than one CloudStack configuration is active', {
    hint: 'deactivate all but one, or name one with ossea_config_id',
  });
