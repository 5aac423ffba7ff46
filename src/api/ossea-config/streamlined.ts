import { toAppError } from '../../base/errors.ts';
import { findOsseaConfigByName } from '../../db/stores/ossea-config-record-store.ts';
import type { ApiContext } from '../context.ts';
import type { OsseaConfigFields, StreamlinedConfig } from '../schemas/ossea-config.ts';
import { createConfig, updateConfig, type Changed } from './change.ts';

/** The one configuration of an installation that has one cloud. */
const NAME = 'default';

/**
 * Makes or replaces the configuration `default`, and makes it the active one.
 * @throws conflict `ossea-config.in-use`: volumes are stored in another cloud of this name; precondition `secret.no-key`
 */
export async function saveStreamlined(
  stored: Pick<ApiContext, 'db' | 'box'>,
  body: StreamlinedConfig,
): Promise<Changed> {
  const fields: OsseaConfigFields = {
    name: NAME,
    api_url: body.base_url,
    api_key: body.api_key,
    secret_key: body.secret_key,
    zone: body.zone_id,
    domain: body.domain ?? body.domain_name,
    template_id: body.template_id,
    service_offering_id: body.service_offering_id,
    disk_offering_id: body.disk_offering_id,
    network_id: body.network_id,
    oma_vm_id: body.oma_vm_id,
    is_active: true,
  };
  const replace = async (): Promise<Changed | undefined> => {
    const before = await findOsseaConfigByName(stored.db, NAME);
    return before === undefined ? undefined : updateConfig(stored, { id: before.id, fields, force: false });
  };
  return (await replace()) ?? made(stored, fields, replace);
}

/** The first one; when somebody else makes it at the same moment, it is there to be replaced. */
async function made(
  stored: Pick<ApiContext, 'db' | 'box'>,
  fields: OsseaConfigFields,
  replace: () => Promise<Changed | undefined>,
): Promise<Changed> {
  try {
    return await createConfig(stored, fields);
  } catch (error) {
    const replaced = toAppError(error).code === 'ossea-config.exists' ? await replace() : undefined;
    if (replaced === undefined) throw error;
    return replaced;
  }
}
