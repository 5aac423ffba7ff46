import { raw, type QueryBuilder } from 'objection';
import { conflict, notFound, type AppError } from '../../base/errors.ts';
import type { Secret } from '../../config/secrets.ts';
import { columnsOf } from '../columns.ts';
import { isDuplicate } from '../errors.ts';
import { inTransaction, type Knex } from '../knex.ts';
import { OsseaConfig } from '../models/ossea-configs.ts';
import type { SecretBox } from '../secret-box.ts';
import { osseaConfigPlace, type OsseaConfigValues } from './ossea-config-store.ts';

/** CloudStack configurations as people see and change them: without their keys, which go in only. */

const RECORD = [
  'id',
  'name',
  'apiUrl',
  'zone',
  'domain',
  'templateId',
  'networkId',
  'serviceOfferingId',
  'diskOfferingId',
  'omaVmId',
  'isActive',
  'createdAt',
  'updatedAt',
] as const;

/** With what the references to it tell. */
class CountedConfig extends OsseaConfig {
  /** VMs that are replicated into it. */
  declare contextCount: number;
  /** Volumes of ours in it. */
  declare volumeCount: number;
  /** VMs of it that a job works on. */
  declare activeJobCount: number;
}

export type OsseaConfigRecord = Pick<
  CountedConfig,
  (typeof RECORD)[number] | 'contextCount' | 'volumeCount' | 'activeJobCount'
>;

const CONTEXTS = `(select count(*) from vm_replication_contexts c where c.ossea_config_id = ossea_configs.id)`;
const VOLUMES = `(select count(*) from ossea_volumes v where v.ossea_config_id = ossea_configs.id)`;
const ACTIVE_JOBS = `(select count(*) from vm_replication_contexts c join job_tracking j on j.active_context_id = c.context_id
  where c.ossea_config_id = ossea_configs.id)`;

const records = (db: Knex): QueryBuilder<CountedConfig> =>
  CountedConfig.query(db).select(
    ...columnsOf(RECORD),
    raw(CONTEXTS).as('context_count'),
    raw(VOLUMES).as('volume_count'),
    raw(ACTIVE_JOBS).as('active_job_count'),
  );

/** An installation has a handful. */
const LISTED_MAX = 1_000;

/** By name, at most 1000. */
export async function listOsseaConfigs(db: Knex): Promise<OsseaConfigRecord[]> {
  const rows = await records(db).orderBy('name').limit(LISTED_MAX);
  return rows.map((row) => row.toJSON());
}

/** @throws notFound `ossea-config.unknown` */
export async function osseaConfigRecord(db: Knex, id: number): Promise<OsseaConfigRecord> {
  const row = await records(db).findById(id);
  if (row !== undefined) return row.toJSON();
  throw notFound('ossea-config.unknown', `there is no CloudStack configuration ${id}`, {
    hint: 'POST /api/v1/ossea/config with {"action": "get"} lists them',
    details: { osseaConfigId: id },
  });
}

/** The one of this name, in upper or lower case. */
export async function findOsseaConfigByName(db: Knex, name: string): Promise<OsseaConfigRecord | undefined> {
  return (await records(db).findOne({ name }))?.toJSON();
}

/** Names of the active ones, by name. */
export async function activeConfigNames(db: Knex): Promise<string[]> {
  const rows = await OsseaConfig.query(db).select('name').where({ is_active: true }).orderBy('name');
  return rows.map((row) => row.name);
}

/** Holds all rows until the end of the transaction: what is decided from several of them stays true. */
export async function lockOsseaConfigs(trx: Knex.Transaction): Promise<void> {
  await OsseaConfig.query(trx).select('id').orderBy('id').forUpdate();
}

/**
 * @returns the id; it is not active yet
 * @throws conflict `ossea-config.exists`
 */
export async function insertOsseaConfig(
  trx: Knex.Transaction,
  box: SecretBox,
  values: OsseaConfigValues,
): Promise<number> {
  const { name, apiKey, secretKey } = values;
  const sealed = {
    apiKey: box.seal(apiKey, osseaConfigPlace(name, 'api_key')),
    secretKey: box.seal(secretKey, osseaConfigPlace(name, 'secret_key')),
  };
  const made = await uniquely(name, () => OsseaConfig.query(trx).insert({ ...values, ...sealed, isActive: false }));
  return made.id;
}

/** What is not named stays as it is. */
export type OsseaConfigEdit = Partial<Omit<OsseaConfigValues, 'apiKey' | 'secretKey'>>;

export interface OsseaConfigKeys {
  readonly apiKey: Secret;
  readonly secretKey: Secret;
}

export interface OsseaConfigChange {
  readonly id: number;
  readonly edit: OsseaConfigEdit;
  /** Absent: the keys stay as they are. */
  readonly keys: OsseaConfigKeys | undefined;
}

/**
 * Changes a row that this transaction holds. Keys are sealed for the name: with another name they are sealed again.
 * @param box asked for only where keys are to be opened or sealed
 * @throws conflict `ossea-config.exists`; and the codes of SecretBox
 */
export async function changeOsseaConfig(
  trx: Knex.Transaction,
  box: () => SecretBox,
  { id, edit, keys }: OsseaConfigChange,
): Promise<void> {
  const before = await OsseaConfig.query(trx).findById(id).throwIfNotFound();
  const name = edit.name ?? before.name;
  const kept = keys === undefined && name !== before.name ? openedKeys(before, box()) : keys;
  const sealed = kept === undefined ? {} : sealedKeys(name, kept, box());
  const patch = { ...edit, ...sealed };
  if (Object.keys(patch).length === 0) return;
  await uniquely(name, () => OsseaConfig.query(trx).findById(id).patch(patch));
}

const openedKeys = (row: OsseaConfig, box: SecretBox): OsseaConfigKeys => ({
  apiKey: box.open(row.apiKey, osseaConfigPlace(row.name, 'api_key')),
  secretKey: box.open(row.secretKey, osseaConfigPlace(row.name, 'secret_key')),
});

const sealedKeys = (name: string, keys: OsseaConfigKeys, box: SecretBox): { apiKey: string; secretKey: string } => ({
  apiKey: box.seal(keys.apiKey, osseaConfigPlace(name, 'api_key')),
  secretKey: box.seal(keys.secretKey, osseaConfigPlace(name, 'secret_key')),
});

/** Makes it the one active configuration. No condition: a row that somebody else changes right now must be waited for. */
export async function activateOsseaConfig(trx: Knex.Transaction, id: number): Promise<void> {
  await OsseaConfig.query(trx).patch({ isActive: raw('id = ?', [id]) });
}

export async function deactivateOsseaConfig(trx: Knex.Transaction, id: number): Promise<void> {
  await OsseaConfig.query(trx).findById(id).patch({ isActive: false });
}

export async function setOmaVm(db: Knex, id: number, omaVmId: string): Promise<void> {
  await OsseaConfig.query(db).findById(id).patch({ omaVmId });
}

async function uniquely<T>(name: string, work: () => PromiseLike<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isDuplicate(error, 'uq_ossea_configs_name')) throw error;
    throw nameTaken(name, error);
  }
}

const nameTaken = (name: string, cause: unknown): AppError =>
  conflict('ossea-config.exists', `a CloudStack configuration is called ${name} already`, {
    cause,
    details: { errors: [{ path: 'config.name', message: 'is taken; upper and lower case make no difference' }] },
    hint: 'take another name, or change the one that exists with {"action": "update"}',
  });

/** Makes the configuration, or replaces the one of this name, and makes it the only active one. @returns its id */
export async function saveOsseaConfig(db: Knex, box: SecretBox, values: OsseaConfigValues): Promise<number> {
  const save = async (trx: Knex.Transaction): Promise<number> => {
    await lockOsseaConfigs(trx);
    const { apiKey, secretKey, ...edit } = values;
    const before = await findOsseaConfigByName(trx, values.name);
    const id = before?.id ?? (await insertOsseaConfig(trx, box, values));
    if (before !== undefined) await changeOsseaConfig(trx, () => box, { id, edit, keys: { apiKey, secretKey } });
    await activateOsseaConfig(trx, id);
    return id;
  };
  return inTransaction(db, save, { idempotent: true });
}
