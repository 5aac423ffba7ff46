import { counted } from '../../base/counted.ts';
import { conflict, invalidRequest, precondition, type AppError } from '../../base/errors.ts';
import { Secret } from '../../config/secrets.ts';
import { inTransaction, type Knex } from '../../db/knex.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import {
  activateOsseaConfig,
  activeConfigNames,
  changeOsseaConfig,
  deactivateOsseaConfig,
  insertOsseaConfig,
  lockOsseaConfigs,
  osseaConfigRecord,
  type OsseaConfigEdit,
  type OsseaConfigKeys,
  type OsseaConfigRecord,
} from '../../db/stores/ossea-config-record-store.ts';
import type { OsseaConfigValues } from '../../db/stores/ossea-config-store.ts';
import { cloudEndpoint, isSameCloud } from '../../domain/cloud-endpoint.ts';
import type { OsseaConfigFields } from '../schemas/ossea-config.ts';

/** Changes of CloudStack configurations; each holds all of them, so that exactly one is active whatever comes at once. */

interface Stored {
  readonly db: Knex;
  readonly box: () => SecretBox;
}

export interface Changed {
  readonly config: OsseaConfigRecord;
  readonly message: string;
}

/** @throws invalidRequest `request.invalid`: a field is missing; conflict `ossea-config.exists`; precondition `secret.no-key` */
export async function createConfig({ db, box }: Stored, fields: OsseaConfigFields): Promise<Changed> {
  const values = valuesOf(fields);
  const sealing = box();
  return inTransaction(db, async (trx) => {
    await lockOsseaConfigs(trx);
    const active = await activeConfigNames(trx);
    const id = await insertOsseaConfig(trx, sealing, values);
    const activates = fields.is_active ?? true;
    if (activates) await activateOsseaConfig(trx, id);
    const config = await osseaConfigRecord(trx, id);
    return { config, message: `${config.name} is saved${activates ? activated(active) : ', and not active'}` };
  });
}

/** `others` were active before. */
function activated(others: readonly string[]): string {
  return others.length === 0 ? ' and active' : ` and active; ${others.join(', ')} is not active any more`;
}

function valuesOf(fields: OsseaConfigFields): OsseaConfigValues {
  const { name, api_url: apiUrl, api_key: apiKey, secret_key: secretKey, zone } = fields;
  if (
    name === undefined ||
    apiUrl === undefined ||
    apiKey === undefined ||
    secretKey === undefined ||
    zone === undefined
  ) {
    throw missingFields(fields);
  }
  const rest = editOf({ ...fields, name, api_url: apiUrl, zone });
  return { ...NO_CHOICES, ...rest, name, zone, apiUrl: rest.apiUrl ?? apiUrl, ...keysOf(apiKey, secretKey) };
}

const NO_CHOICES = {
  domain: null,
  templateId: null,
  networkId: null,
  serviceOfferingId: null,
  diskOfferingId: null,
  omaVmId: null,
};

const keysOf = (apiKey: string, secretKey: string): OsseaConfigKeys => ({
  apiKey: new Secret(apiKey),
  secretKey: new Secret(secretKey),
});

function missingFields(fields: OsseaConfigFields): AppError {
  const needed = ['name', 'api_url', 'api_key', 'secret_key', 'zone'] as const;
  const missing = needed.filter((name) => fields[name] === undefined);
  return invalidRequest('request.invalid', `the request does not fit: config lacks ${missing.join(', ')}`, {
    details: { errors: missing.map((name) => ({ path: `config.${name}`, message: 'is needed' })) },
    hint: 'errors lists each field that does not fit',
  });
}

export interface UpdateRequest {
  readonly id: number;
  readonly fields: OsseaConfigFields;
  /** Another host is the same cloud, moved. */
  readonly force: boolean;
}

/**
 * Sets what is named; keys that are not named stay as they are.
 * @throws notFound `ossea-config.unknown`; conflict `ossea-config.exists`, `ossea-config.in-use`; precondition
 * `ossea-config.keys-needed`, `secret.*`; invalidRequest `request.invalid`: one key without the other
 */
export async function updateConfig({ db, box }: Stored, { id, fields, force }: UpdateRequest): Promise<Changed> {
  const keys = bothKeys(fields);
  const edit = editOf(fields);
  const work = async (trx: Knex.Transaction): Promise<Changed> => {
    await lockOsseaConfigs(trx);
    const before = await osseaConfigRecord(trx, id);
    assertSameCloud(before, { apiUrl: edit.apiUrl ?? before.apiUrl, hasKeys: keys !== undefined, force });
    await changeOsseaConfig(trx, box, { id, edit, keys });
    const toggled = await toggle(trx, before, fields.is_active);
    return { config: await osseaConfigRecord(trx, id), message: `${edit.name ?? before.name} is saved${toggled}` };
  };
  return inTransaction(db, work, { idempotent: true });
}

/** @returns what to say about it */
async function toggle(
  trx: Knex.Transaction,
  before: OsseaConfigRecord,
  isActive: boolean | undefined,
): Promise<string> {
  if (isActive === true) {
    const others = (await activeConfigNames(trx)).filter((name) => name !== before.name);
    await activateOsseaConfig(trx, before.id);
    return before.isActive ? '' : activated(others);
  }
  if (isActive === false && before.isActive) {
    await deactivate(trx, before);
    return '; none is active now';
  }
  return '';
}

/**
 * Makes it inactive; the row stays, because what was begun in that cloud ends there.
 * @throws notFound `ossea-config.unknown`; conflict `ossea-config.in-use`: jobs work in that cloud
 */
export async function deleteConfig({ db }: Pick<Stored, 'db'>, id: number): Promise<Changed> {
  const work = async (trx: Knex.Transaction): Promise<Changed> => {
    await lockOsseaConfigs(trx);
    const before = await osseaConfigRecord(trx, id);
    if (before.isActive) await deactivate(trx, before);
    const { contextCount, volumeCount } = before;
    const kept =
      contextCount + volumeCount === 0
        ? ''
        : `; ${counted(contextCount, 'VM')} and ${counted(volumeCount, 'volume')} stay in it, and go on with it`;
    return { config: await osseaConfigRecord(trx, id), message: `${before.name} is not active${kept}` };
  };
  return inTransaction(db, work, { idempotent: true });
}

/** A job that runs may still ask for the active configuration. */
async function deactivate(trx: Knex.Transaction, config: OsseaConfigRecord): Promise<void> {
  if (config.activeJobCount > 0) {
    throw conflict('ossea-config.in-use', `jobs of ${counted(config.activeJobCount, 'VM')} work in ${config.name}`, {
      hint: 'wait for their end or cancel them; to send new replications elsewhere, make another configuration active',
      details: { osseaConfigId: config.id },
    });
  }
  await deactivateOsseaConfig(trx, config.id);
}

/**
 * In another cloud every volume would seem to be gone, and what is gone need not be deleted; and keys that were saved
 * for one server are not sent to another one.
 */
function assertSameCloud(
  before: OsseaConfigRecord,
  after: { readonly apiUrl: string; readonly hasKeys: boolean; readonly force: boolean },
): void {
  if (isSameCloud(before.apiUrl, after.apiUrl)) return;
  if (before.volumeCount > 0 && !after.force) {
    const message = `${counted(before.volumeCount, 'volume is', 'volumes are')} stored in ${before.name}, and would not be found in another cloud`;
    throw conflict('ossea-config.in-use', message, {
      hint: 'create another configuration for another cloud; where this one only moved to another address, send force',
      details: { osseaConfigId: before.id },
    });
  }
  if (after.hasKeys) return;
  throw precondition('ossea-config.keys-needed', `keys that were saved for ${before.apiUrl} are not sent elsewhere`, {
    details: { errors: [{ path: 'config.api_key', message: 'is needed with another host, and so is secret_key' }] },
    hint: 'send api_key and secret_key together with the new api_url',
  });
}

/** @throws invalidRequest `request.invalid` */
function bothKeys({ api_key: apiKey, secret_key: secretKey }: OsseaConfigFields): OsseaConfigKeys | undefined {
  if (apiKey === undefined && secretKey === undefined) return undefined;
  if (apiKey !== undefined && secretKey !== undefined) return keysOf(apiKey, secretKey);
  const path = apiKey === undefined ? 'config.api_key' : 'config.secret_key';
  throw invalidRequest('request.invalid', 'the request does not fit: api_key and secret_key belong together', {
    details: { errors: [{ path, message: 'is needed with the other key' }] },
    hint: 'send both keys, or none to keep those that are stored',
  });
}

/** Without keys and is_active. */
function editOf(fields: OsseaConfigFields): OsseaConfigEdit {
  const all = {
    name: fields.name,
    apiUrl: fields.api_url === undefined ? undefined : (cloudEndpoint(fields.api_url) ?? fields.api_url),
    zone: fields.zone,
    domain: fields.domain,
    templateId: fields.template_id,
    networkId: fields.network_id,
    serviceOfferingId: fields.service_offering_id,
    diskOfferingId: fields.disk_offering_id,
    omaVmId: fields.oma_vm_id,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
