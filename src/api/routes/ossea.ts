import { askCloud, cloudAccountOf } from '../cloud/account.ts';
import { presentDomain } from '../cloud/present.ts';
import { CLOUD_REFUSALS, STORED_CLOUD_REFUSALS, THROUGH_CLOUD_MS } from '../cloud/refusals.ts';
import { presentResources, readResources } from '../cloud/resources.ts';
import type { ApiContext } from '../context.ts';
import { actOnConfig } from '../ossea-config/act.ts';
import { saveStreamlined } from '../ossea-config/streamlined.ts';
import { defineRoute, noParams, noQuery, type Refusal, type Route } from '../route.ts';
import {
  DiscoverResources,
  OsseaConfigAction,
  OsseaConfigAnswer,
  ResourcesDiscovered,
  StreamlinedConfig,
  StreamlinedSaved,
} from '../schemas/ossea-config.ts';

const tag = 'cloudstack';
const post = { method: 'post', tag, params: noParams, query: noQuery, answersWithinMs: THROUGH_CLOUD_MS } as const;

const UNKNOWN: Refusal = { status: 404, codes: ['ossea-config.unknown'] };

export const osseaRoutes = (context: ApiContext): readonly Route[] => [
  defineRoute({
    ...post,
    path: '/ossea/config',
    summary: 'Read, save, change, try and retire configurations of CloudStack',
    description:
      'Keys are sealed before they are stored (AES-256-GCM), for this configuration only, and never shown. Exactly one ' +
      'configuration is active at most: new replications go there; VMs that have volumes in another cloud stay with it. ' +
      'An update without keys keeps those that are stored; with another host they must be sent, too. delete makes ' +
      'inactive and keeps the row.',
    body: OsseaConfigAction,
    answers: {
      200: { description: 'done', schema: OsseaConfigAnswer },
      201: { description: 'created', schema: OsseaConfigAnswer },
    },
    refusals: [
      UNKNOWN,
      { status: 409, codes: ['ossea-config.exists', 'ossea-config.in-use'] },
      { status: 422, codes: ['ossea-config.keys-needed', 'secret.no-key', 'secret.other-key', 'secret.damaged'] },
    ],
    handle: ({ body }) => actOnConfig(context, body),
  }),
  defineRoute({
    ...post,
    path: '/ossea/discover-resources',
    summary: 'What a CloudStack has to choose from',
    body: DiscoverResources,
    answers: { 200: { description: 'what there is', schema: ResourcesDiscovered } },
    refusals: [
      { status: 404, codes: ['cloudstack.domain-unknown'] },
      UNKNOWN,
      ...STORED_CLOUD_REFUSALS,
      ...CLOUD_REFUSALS,
    ],
    async handle({ body }) {
      const account = await cloudAccountOf(context, body);
      const found = await askCloud(account, (client, options) => readResources(client, body.domain, options));
      const resources = presentResources(found, account.config?.networkId ?? null);
      return { status: 200, body: { success: true, domains: found.domains.map(presentDomain), ...resources } };
    },
  }),
  defineRoute({
    ...post,
    path: '/ossea/config-streamlined',
    summary: 'Save the one configuration of CloudStack, whole',
    description:
      'Makes or replaces the configuration called default, and makes it the active one. Another cloud while volumes are ' +
      'stored in this one is refused: that is another configuration.',
    body: StreamlinedConfig,
    answers: { 200: { description: 'saved', schema: StreamlinedSaved } },
    refusals: [
      { status: 409, codes: ['ossea-config.in-use'] },
      { status: 422, codes: ['secret.no-key'] },
    ],
    async handle({ body }) {
      const { config, message } = await saveStreamlined(context, body);
      return { status: 200, body: { success: true, message, config_id: config.id } };
    },
  }),
];
