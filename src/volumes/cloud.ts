import type { Knex } from 'knex';
import { createCloudStackClient, type CloudStackClient, type CloudStackSettings } from '../cloudstack/client.ts';
import type { SecretBox } from '../db/secret-box.ts';
import { activeOsseaConfig, osseaConfigById } from '../db/stores/ossea-config-store.ts';

/** The CloudStack that a volume lives in, as its configuration says at this moment. */
export interface Cloud {
  readonly client: CloudStackClient;
  readonly configId: number;
  /** The VM that this appliance is; null while nobody has said so. */
  readonly omaVmId: string | null;
}

/**
 * `configId` null means the active configuration. Opened anew for every job, so that changed keys count at once.
 * @throws precondition `ossea-config.missing`, `ossea-config.ambiguous`, `secret.*`.
 */
export type OpenCloud = (configId: number | null) => Promise<Cloud>;

export function openCloudFrom(db: Knex, box: SecretBox, poll?: CloudStackSettings['poll']): OpenCloud {
  return async (configId) => {
    const config = await (configId === null ? activeOsseaConfig(db, box) : osseaConfigById(db, box, configId));
    const { apiKey, secretKey } = config;
    const settings = { endpoint: config.apiUrl, apiKey, secretKey };
    return {
      client: createCloudStackClient(poll === undefined ? settings : { ...settings, poll }),
      configId: config.id,
      omaVmId: config.omaVmId,
    };
  };
}
