import { createCloudStackClient, type CallOptions, type CloudStackClient } from '../../cloudstack/client.ts';
import { AppError, upstream } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import { Secret } from '../../config/secrets.ts';
import type { Knex } from '../../db/knex.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import { osseaConfigRecord } from '../../db/stores/ossea-config-record-store.ts';
import { activeOsseaConfig, osseaConfigById, type ActiveOsseaConfig } from '../../db/stores/ossea-config-store.ts';
import { cloudEndpoint } from '../../domain/cloud-endpoint.ts';
import type { AskedCloud } from '../schemas/cloud-access.ts';
import { isGiven } from '../schemas/replications.ts';
import { told } from './refusals.ts';

/** With which keys a CloudStack is asked. Never stored, logged or answered with. */
export interface CloudAccount {
  readonly endpoint: string;
  readonly apiKey: Secret;
  readonly secretKey: Secret;
  /** The stored configuration that they are of; null where they were typed in. */
  readonly config: ActiveOsseaConfig | null;
}

interface Stored {
  readonly db: Knex;
  readonly box: () => SecretBox;
}

const THE_ACTIVE_ONE = 0;

/**
 * The account that a request names: typed in whole, or a stored one, read anew each time.
 * @throws notFound `ossea-config.unknown`; precondition `ossea-config.missing`, `ossea-config.ambiguous`, `secret.*`
 */
export async function cloudAccountOf(stored: Stored, asked: AskedCloud): Promise<CloudAccount> {
  const address = asked.api_url ?? asked.base_url ?? '';
  if (isGiven(address) && isGiven(asked.api_key) && isGiven(asked.secret_key)) {
    return {
      endpoint: cloudEndpoint(address) ?? address,
      apiKey: new Secret(asked.api_key),
      secretKey: new Secret(asked.secret_key),
      config: null,
    };
  }
  const id = asked.config_id ?? THE_ACTIVE_ONE;
  if (id === THE_ACTIVE_ONE) return activeCloud(stored);
  await osseaConfigRecord(stored.db, id);
  return accountOf(await osseaConfigById(stored.db, stored.box(), id));
}

/** @throws precondition `ossea-config.missing`, `ossea-config.ambiguous`, `secret.*` */
export async function activeCloud({ db, box }: Stored): Promise<StoredCloudAccount> {
  return accountOf(await activeOsseaConfig(db, box()));
}

/** The cloud that a VM is replicated into; the active one while that is not settled. @throws as activeCloud */
export async function cloudOfContext(stored: Stored, configId: number | null): Promise<StoredCloudAccount> {
  if (configId === null) return activeCloud(stored);
  return accountOf(await osseaConfigById(stored.db, stored.box(), configId));
}

export interface StoredCloudAccount extends CloudAccount {
  readonly config: ActiveOsseaConfig;
}

const accountOf = (config: ActiveOsseaConfig): StoredCloudAccount => ({
  endpoint: config.apiUrl,
  apiKey: config.apiKey,
  secretKey: config.secretKey,
  config,
});

/** A person waits: a cloud that takes longer is as good as away. */
const CALL_WITHIN_MS = 5 * SECOND;
const ALL_WITHIN_MS = 8 * SECOND;

/**
 * Asks CloudStack, which must have answered everything within 8 s. Do it between two looks at the database, never
 * inside a transaction.
 * @throws the errors of CLOUD_REFUSALS
 */
export async function askCloud<T>(
  account: CloudAccount,
  ask: (client: CloudStackClient, options: CallOptions) => Promise<T>,
): Promise<T> {
  const { endpoint, apiKey, secretKey } = account;
  const signal = AbortSignal.timeout(ALL_WITHIN_MS);
  try {
    const client = createCloudStackClient({ endpoint, apiKey, secretKey, callTimeoutMs: CALL_WITHIN_MS });
    return await ask(client, { signal });
  } catch (thrown) {
    if (signal.aborted && !(thrown instanceof AppError)) throw tooSlow(endpoint, thrown);
    throw told(thrown);
  }
}

const tooSlow = (endpoint: string, cause: unknown): AppError =>
  upstream('cloudstack.unreachable', `cloudstack does not answer within ${ALL_WITHIN_MS / SECOND} s`, {
    cause,
    details: { endpoint },
    hint: `check that ${endpoint} is reachable from here, and how loaded its management server is`,
  });

/** What CloudStack said, or why it did not: for answers in which a refusal is the outcome. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: AppError };

/** @throws what is not CloudStack's doing */
export async function outcomeOf<T>(asked: Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await asked };
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code.startsWith('cloudstack.')) return { ok: false, error: thrown };
    throw thrown;
  }
}

/** `error`, `error_code` and `hint` of an answer. */
export const failureOf = (error: AppError | null): Record<string, string | null> => ({
  error: error?.message ?? null,
  error_code: error?.code ?? null,
  hint: error?.hint ?? null,
});
