import type { Knex } from 'knex';
import { precondition, type AppError } from '../../base/errors.ts';
import type { TargetSettings } from '../../domain/accept-replication.ts';
import { columnsOf } from '../columns.ts';
import { OsseaConfig } from '../models/ossea-configs.ts';

/** What there is to say about a target cloud without opening its keys. */

const FIELDS = [
  'id',
  'name',
  'zone',
  'diskOfferingId',
  'omaVmId',
  'isActive',
] as const satisfies readonly (keyof OsseaConfig)[];

/** 0, 1 and nothing mean the active configuration, as older clients send them. */
export const isDefaultTarget = (id: number | null | undefined): boolean =>
  id === null || id === undefined || id === 0 || id === 1;

/** The configurations as they were at one moment. */
export interface Targets {
  /**
   * The active configuration that a request means.
   * @throws precondition `ossea-config.missing`, `ossea-config.ambiguous`
   */
  meant(id: number | null | undefined): TargetSettings;
  /** One of those that were asked for, active or not. @throws precondition `ossea-config.missing` */
  byId(id: number): TargetSettings;
}

/** The active configurations, and those with these ids. */
export async function readTargets(db: Knex, ids: readonly number[]): Promise<Targets> {
  const rows = await OsseaConfig.query(db)
    .select(columnsOf(FIELDS))
    .where({ is_active: true })
    .orWhereIn('id', [...ids])
    .orderBy('id');
  const active = rows.filter((row) => row.isActive);
  return {
    meant(id) {
      const [only, ...others] = isDefaultTarget(id) ? active : active.filter((row) => row.id === id);
      if (only === undefined) throw missing(noneActive(active.length, id));
      if (others.length > 0) throw ambiguous();
      return settingsOf(only);
    },
    byId(id) {
      const row = rows.find((one) => one.id === id);
      if (row === undefined) throw missing(`there is no CloudStack configuration ${id}`);
      return settingsOf(row);
    },
  };
}

const noneActive = (active: number, id: number | null | undefined): string =>
  active === 0 ? 'no CloudStack is configured' : `there is no active CloudStack configuration ${id ?? ''}`;

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
