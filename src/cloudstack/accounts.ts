import { z } from 'zod';
import { upstream } from '../base/errors.ts';
import { parseAnswer } from './answer.ts';
import type { CallOptions, CloudStackClient } from './client.ts';
import { listDomains } from './domains.ts';
import { id, lenientNumber, lenientString } from './fields.ts';
import { ifPermitted } from './permitted.ts';
import { list, read } from './read.ts';

/** Who the API key belongs to. */
export interface OwnAccount {
  readonly id: string;
  readonly name: string;
  readonly domainId: string | undefined;
  /** e.g. ROOT/customers/acme; undefined where this key may not read domains. */
  readonly domainPath: string | undefined;
  /** Only a root admin may choose ids (`customid`) and read settings. */
  readonly isRootAdmin: boolean;
  readonly userId: string;
}

const userSchema = z
  .object({
    id,
    account: z.string().min(1),
    accountid: id,
    accounttype: lenientNumber,
    domainid: lenientString,
  })
  .transform((row) => ({
    id: row.id,
    account: row.account,
    accountId: row.accountid,
    // 0 user, 1 root admin, 2 domain admin. Source: Account.Type of Apache CloudStack.
    isRootAdmin: row.accounttype === 1,
    domainId: row.domainid,
  }));
type User = z.output<typeof userSchema>;

const getUserSchema = z.object({ user: userSchema });

/** @throws upstream `cloudstack.own-account-unknown` when the server does not say whose key this is. */
export async function ownAccount(client: CloudStackClient, options: CallOptions = {}): Promise<OwnAccount> {
  const user = (await askByKey(client, options)) ?? (await onlyVisibleUser(client, options));
  return {
    id: user.accountId,
    name: user.account,
    domainId: user.domainId,
    domainPath: await pathOfDomain(client, user.domainId, options),
    isRootAdmin: user.isRootAdmin,
    userId: user.id,
  };
}

/** Admins may ask who has a key. */
async function askByKey(client: CloudStackClient, options: CallOptions): Promise<User | undefined> {
  const answer = await ifPermitted(() =>
    read(client, 'getUser', { parameters: { userapikey: client.apiKey.reveal() }, ...options }),
  );
  return answer === undefined ? undefined : parseAnswer(getUserSchema, answer, 'getUser').user;
}

/** Ordinary users see only themselves. Source: QueryManagerImpl of Apache CloudStack, searchForUsers. */
async function onlyVisibleUser(client: CloudStackClient, options: CallOptions): Promise<User> {
  const [user, ...others] = await list(client, 'listUsers', { parameters: {}, item: userSchema, ...options });
  if (user !== undefined && others.length === 0) return user;
  throw upstream('cloudstack.own-account-unknown', 'cloudstack does not say whose API key this is', {
    retry: 'never',
    details: { visibleUsers: user === undefined ? 0 : others.length + 1 },
    hint: 'let the role of this user have the command getUser',
  });
}

async function pathOfDomain(
  client: CloudStackClient,
  domainId: string | undefined,
  options: CallOptions,
): Promise<string | undefined> {
  if (domainId === undefined) return undefined;
  const domains = await ifPermitted(() => listDomains(client, { id: domainId }, options));
  return domains?.find((domain) => domain.id === domainId)?.path;
}
