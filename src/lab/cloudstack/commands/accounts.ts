import type { Command, CommandContext } from '../command.ts';
import { parameter } from '../command.ts';
import { list, listAnswer } from '../list.ts';
import { presentAccount, presentUser } from '../present.ts';
import { badParameter } from '../refusal.ts';
import type { AccountRow } from '../world.ts';

/** Who may do what: accounts, users, domains, limits. An ordinary user sees only what is theirs. */

const seenAccounts = (context: CommandContext): AccountRow[] => {
  const name = parameter(context, 'name');
  return context.world.accounts.filter(
    (row) => (context.account.type === 1 || row.id === context.account.id) && (name === undefined || row.name === name),
  );
};

/** Of nobody but the caller: the keys of others are known to the server that verifies them, not to the world. */
const getUser: Command = {
  kind: 'sync',
  forAdmins: true,
  describe: 'Tells whose an API key is',
  run(context) {
    if (parameter(context, 'userapikey') !== parameter(context, 'apikey')) {
      throw badParameter('Unable to find user by API key');
    }
    return { result: { user: presentUser(context.account) } };
  },
};

/** CloudStack numbers what it counts; -1 is without a limit. Source: Resource.ResourceType. */
const RESOURCES = [
  'instance',
  'ip',
  'volume',
  'snapshot',
  'template',
  'project',
  'network',
  'vpc',
  'cpu',
  'memory',
  'primarystorage',
  'secondarystorage',
];

export const accountCommands: Readonly<Record<string, Command>> = {
  getUser,

  listAccounts: list('Lists accounts', (context) =>
    listAnswer(context, 'account', seenAccounts(context).map(presentAccount)),
  ),

  listUsers: list('Lists users', (context) => listAnswer(context, 'user', seenAccounts(context).map(presentUser))),

  listDomains: list('Lists domains', (context) => {
    const { domainId, domains } = context.world;
    const root = { id: domainId, name: 'ROOT', path: 'ROOT', level: 0, haschild: domains.length > 0 };
    const below = domains.map(({ id, name }) => ({
      id,
      name,
      path: `ROOT/${name}`,
      level: 1,
      haschild: false,
      parentdomainid: domainId,
      parentdomainname: 'ROOT',
    }));
    const wanted = { id: parameter(context, 'id'), name: parameter(context, 'name') };
    const seen = [root, ...(context.account.type === 1 ? below : [])].filter(
      (row) => (wanted.id ?? row.id) === row.id && (wanted.name ?? row.name) === row.name,
    );
    return listAnswer(
      context,
      'domain',
      seen.map((row) => ({ ...row, state: 'Active' })),
    );
  }),

  listResourceLimits: list('Lists limits', (context) =>
    listAnswer(
      context,
      'resourcelimit',
      RESOURCES.map((resourcetypename, index) => ({
        account: context.account.name,
        domainid: context.world.domainId,
        domain: 'ROOT',
        resourcetype: String(index),
        resourcetypename,
        max: -1,
      })),
    ),
  ),
};
