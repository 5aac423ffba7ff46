import type { Knex } from 'knex';
import { precondition } from '../../base/errors.ts';
import type { TargetSettings } from '../../domain/accept-replication.ts';

const COLUMNS: Readonly<Record<keyof TargetSettings, string>> = {
  id: 'id',
  name: 'name',
  zone: 'zone',
  diskOfferingId: 'disk_offering_id',
  omaVmId: 'oma_vm_id',
};

/** The newest active configuration of a target cloud, without its keys. */
export async function activeTarget(db: Knex): Promise<TargetSettings | undefined> {
  return (await targets(db).orderBy('id', 'desc').limit(1))[0];
}

/**
 * The configuration that a request means: 0, 1 and nothing mean the active one, as older clients send them.
 * @throws precondition `ossea.not-configured`, `ossea.unknown`
 */
export async function targetFor(db: Knex, id: number | null | undefined): Promise<TargetSettings> {
  if (id == null || id === 0 || id === 1) {
    const active = await activeTarget(db);
    if (active !== undefined) return active;
    throw precondition('ossea.not-configured', 'there is no active OSSEA configuration', {
      hint: 'add the target cloud first',
    });
  }
  const found = (await targets(db).where('id', id))[0];
  if (found !== undefined) return found;
  throw precondition('ossea.unknown', `there is no active OSSEA configuration ${id}`, {
    details: { errors: [{ path: 'ossea_config_id', message: 'is not an active configuration' }] },
    hint: 'leave ossea_config_id out to use the active one',
  });
}

const targets = (db: Knex): Knex.QueryBuilder<object, TargetSettings[]> =>
  db('ossea_configs')
    .where('is_active', true)
    .select({ ...COLUMNS }) as Knex.QueryBuilder<object, TargetSettings[]>;
