import { counted } from '../../base/counted.ts';
import { invalidRequest } from '../../base/errors.ts';
import { listOsseaConfigs, osseaConfigRecord } from '../../db/stores/ossea-config-record-store.ts';
import { cloudAccountOf } from '../cloud/account.ts';
import { testConnection } from '../cloudstack-settings/test-connection.ts';
import type { ApiContext } from '../context.ts';
import type { Answer } from '../route.ts';
import type { AskedCloud } from '../schemas/cloud-access.ts';
import type { OsseaConfigAction } from '../schemas/ossea-config.ts';
import { createConfig, deleteConfig, updateConfig } from './change.ts';
import { answerOf, presentConfig, type Done } from './show.ts';

type Context = Pick<ApiContext, 'db' | 'box' | 'clock'>;

/** One action on CloudStack configurations. @throws what the action throws; invalidRequest `request.invalid` */
export async function actOnConfig(context: Context, body: OsseaConfigAction): Promise<Answer> {
  return answerOf(context.clock, await ACTIONS[body.action](context, body));
}

const ACTIONS: Readonly<
  Record<OsseaConfigAction['action'], (context: Context, body: OsseaConfigAction) => Promise<Done>>
> = {
  async get({ db }, { id }) {
    if (typeof id === 'number') {
      const config = await osseaConfigRecord(db, id);
      return { action: 'get', message: config.name, fields: { config: presentConfig(config) } };
    }
    const configs = (await listOsseaConfigs(db)).map(presentConfig);
    const message = counted(configs.length, 'CloudStack configuration');
    return { action: 'get', message, fields: { configs, count: configs.length } };
  },

  async create(context, { config }) {
    const { config: made, message } = await createConfig(context, config ?? {});
    return { action: 'create', message, status: 201, fields: { config: presentConfig(made) } };
  },

  async update(context, { id, config, force }) {
    const request = { id: needed(id, 'update'), fields: config ?? {}, force: force ?? false };
    const { config: changed, message } = await updateConfig(context, request);
    return { action: 'update', message, fields: { config: presentConfig(changed) } };
  },

  async delete(context, { id }) {
    const { config, message } = await deleteConfig(context, needed(id, 'delete'));
    return { action: 'delete', message, fields: { config: presentConfig(config) } };
  },

  async test(context, body) {
    const tested = await testConnection(await cloudAccountOf(context, testedCloud(body)));
    const success = tested['success'] === true;
    return { action: 'test', success, message: String(tested['message']), fields: { test_result: tested } };
  },
};

function needed(id: number | null | undefined, action: string): number {
  if (typeof id === 'number') return id;
  throw invalidRequest('request.invalid', `the request does not fit: ${action} needs an id`, {
    details: { errors: [{ path: 'id', message: 'is needed' }] },
    hint: '{"action": "get"} lists the configurations with their ids',
  });
}

/** A stored one, or one that is typed in whole: half of each would send stored keys to another server. */
function testedCloud({ id, config }: OsseaConfigAction): AskedCloud {
  const typed = { api_url: config?.api_url, api_key: config?.api_key, secret_key: config?.secret_key };
  const missing = Object.entries(typed).flatMap(([name, value]) => (value === undefined ? [name] : []));
  if (missing.length === 0 && typeof id !== 'number') return typed;
  if (typeof id === 'number' && missing.length === 3) return { config_id: id };
  throw invalidRequest('request.invalid', 'the request does not fit: test takes an id, or address and both keys', {
    details: {
      errors: (typeof id === 'number' ? ['id'] : missing.map((name) => `config.${name}`)).map((path) => ({
        path,
        message: typeof id === 'number' ? 'stands in place of address and keys' : 'is needed, or an id',
      })),
    },
    hint: 'errors lists each field that does not fit',
  });
}
