import type { Knex } from 'knex';
import type { Clock } from '../base/clock.ts';
import { SECOND } from '../base/units.ts';
import { createCloudStackClient, type CloudStackClient } from '../cloudstack/client.ts';
import type { SecretBox } from '../db/secret-box.ts';
import { listOmaVms } from '../db/stores/oma-vm-store.ts';
import { activeOsseaConfig, osseaConfigById } from '../db/stores/ossea-config-store.ts';

/** The CloudStack that a volume lives in, as its configuration says at this moment. */
export interface Cloud {
  readonly client: CloudStackClient;
  readonly configId: number;
  /** The OMA VM where there is one; null while nobody has said so. */
  readonly omaVmId: string | null;
  /** Whether this VM is an OMA VM of ours: the configured one, or one whose volume daemon has registered. */
  isOma(vmId: string): boolean;
  readonly omaVmIds: readonly string[];
}

/**
 * `configId` null means the active configuration. Opened anew for every job, so that changed keys count at once.
 * @throws precondition `ossea-config.missing`, `ossea-config.ambiguous`, `secret.*`.
 */
export type OpenCloud = (configId: number | null) => Promise<Cloud>;

/** Waits grow, because a copy takes hours. */
const POLL_GROWS_TO = 15;

export interface CloudPace {
  /** First wait between two looks at an async job; 1 s where it is not given. */
  readonly pollMs?: number;
  /** What limits of orders are measured by. */
  readonly clock?: Clock | undefined;
}

export function openCloudFrom(db: Knex, box: SecretBox, { pollMs = SECOND, clock }: CloudPace = {}): OpenCloud {
  return async (configId) => {
    const config = await (configId === null ? activeOsseaConfig(db, box) : osseaConfigById(db, box, configId));
    const { apiKey, secretKey } = config;
    const registered = (await listOmaVms(db)).map((vm) => vm.vmId);
    const omaVmIds = [...new Set([...registered, ...(config.omaVmId ? [config.omaVmId] : [])])];
    const poll = { firstMs: pollMs, maxMs: POLL_GROWS_TO * pollMs };
    return {
      client: createCloudStackClient({ endpoint: config.apiUrl, apiKey, secretKey, poll, clock }),
      configId: config.id,
      omaVmId: config.omaVmId,
      omaVmIds,
      isOma: (vmId) => omaVmIds.includes(vmId),
    };
  };
}
