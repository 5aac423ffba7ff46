import { z } from 'zod';
import { cloudEndpoint } from '../../domain/cloud-endpoint.ts';
import { text } from './fields.ts';
import { isGiven } from './replications.ts';

/** How requests say which CloudStack they mean. */

/** Of its column. */
const ENDPOINT_LENGTH_MAX = 500;

export const Endpoint = text(
  'address of CloudStack; http:// and /client/api are added where they are missing',
  'https://cloud.example.com/client/api',
)
  .trim()
  .min(1)
  .max(ENDPOINT_LENGTH_MAX)
  .refine((value) => cloudEndpoint(value) !== undefined, 'must be an http or https address, without user and query')
  .refine(
    (value) => (cloudEndpoint(value)?.length ?? 0) <= ENDPOINT_LENGTH_MAX,
    'is too long with what is added to it',
  );

const key = (description: string): z.ZodString =>
  z
    .string()
    .trim()
    .min(1)
    .max(1000)
    .meta({
      description: `${description}; no answer ever has it`,
      format: 'password',
      writeOnly: true,
      example: 'K3y',
    });

export const ApiKey = key('API key of a user of CloudStack');
export const SecretKey = key('secret key of that user');

/** An id of CloudStack. */
export const cloudId = (description: string, example: string): z.ZodString =>
  text(description, example).trim().min(1).max(191);

export const DomainWord = text('path, name or id of a domain: the account must see it', 'ROOT/migration')
  .trim()
  .min(1)
  .max(191);

const stored = z.int().min(0).nullish().meta({
  description: 'in place of address and keys: a stored configuration; 0: the active one',
  example: 0,
});

/** Which CloudStack: one that is typed in whole, or a stored one. */
export interface AskedCloud {
  readonly api_url?: string | null | undefined;
  readonly base_url?: string | null | undefined;
  readonly api_key?: string | null | undefined;
  readonly secret_key?: string | null | undefined;
  readonly config_id?: number | null | undefined;
}

export const CLOUD_ACCESS = {
  api_url: Endpoint.nullish(),
  api_key: ApiKey.nullish(),
  secret_key: SecretKey.nullish(),
  config_id: stored,
};

/** The same where the address is called base_url. */
export const BASE_ACCESS = {
  base_url: Endpoint.nullish(),
  api_key: ApiKey.nullish(),
  secret_key: SecretKey.nullish(),
  config_id: stored,
};

/** Half of each would send stored keys to another server. */
export function checkAccess(address: 'api_url' | 'base_url') {
  const typed = [address, 'api_key', 'secret_key'] as const;
  return (asked: AskedCloud, context: z.RefinementCtx): void => {
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    if (isGiven(asked.config_id)) {
      for (const name of typed) if (isGiven(asked[name])) refuse(name, 'stands in place of config_id');
      return;
    }
    for (const name of typed) if (!isGiven(asked[name])) refuse(name, 'is needed, or config_id; 0 is the active one');
  };
}
