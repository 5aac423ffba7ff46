import { activeCloud, cloudAccountOf } from '../cloud/account.ts';
import { zoneNetworks } from '../cloud/networks.ts';
import { pageByName } from '../cloud/page.ts';
import { presentNetwork } from '../cloud/present.ts';
import { CLOUD_REFUSALS, STORED_CLOUD_REFUSALS, THROUGH_CLOUD_MS } from '../cloud/refusals.ts';
import { detectOmaVm } from '../cloudstack-settings/detect-oma-vm.ts';
import { discoverAll } from '../cloudstack-settings/discover-all.ts';
import { testConnection } from '../cloudstack-settings/test-connection.ts';
import { validateCloud } from '../cloudstack-settings/validate.ts';
import type { ApiContext } from '../context.ts';
import { defineRoute, noBody, noParams, noQuery, type Refusal, type Route } from '../route.ts';
import { CloudNetworks } from '../schemas/cloud-resources.ts';
import {
  CloudConnectionTested,
  CloudDiscovered,
  CloudValidated,
  DetectOmaVm,
  DiscoverCloud,
  OmaVmDetected,
  TestCloudConnection,
  ValidateCloud,
} from '../schemas/cloudstack-settings.ts';
import { Page } from '../schemas/fields.ts';

const tag = 'cloudstack';
const post = { method: 'post', tag, params: noParams, query: noQuery, answersWithinMs: THROUGH_CLOUD_MS } as const;

const STORED: readonly Refusal[] = [{ status: 404, codes: ['ossea-config.unknown'] }, ...STORED_CLOUD_REFUSALS];

const OUTCOME =
  'What CloudStack says is the outcome: keys that it refuses, or an address where it is not, are 200 with success false, ' +
  'error, error_code and hint. Nothing that is sent is stored.';

/** Settings pages ask these before anything is saved. */
export const cloudstackSettingsRoutes = (context: ApiContext): readonly Route[] => [
  defineRoute({
    ...post,
    path: '/settings/cloudstack/test-connection',
    summary: 'Try address and keys of a CloudStack',
    description: OUTCOME,
    body: TestCloudConnection,
    answers: { 200: { description: 'the outcome', schema: CloudConnectionTested } },
    refusals: STORED,
    handle: async ({ body }) => ({ status: 200, body: await testConnection(await cloudAccountOf(context, body)) }),
  }),
  defineRoute({
    ...post,
    path: '/settings/cloudstack/detect-oma-vm',
    summary: 'Find the VM that this appliance is',
    description: `By the network cards of the machine that the API runs on. ${OUTCOME} With record it is stored, when one VM was found.`,
    body: DetectOmaVm,
    answers: { 200: { description: 'the outcome', schema: OmaVmDetected } },
    refusals: STORED,
    handle: async ({ body }) => ({ status: 200, body: await detectOmaVm(context, body) }),
  }),
  defineRoute({
    method: 'get',
    path: '/settings/cloudstack/networks',
    summary: 'Networks in the zone of the active configuration',
    tag,
    params: noParams,
    query: Page,
    body: noBody,
    answers: { 200: { description: 'a page of networks, by name', schema: CloudNetworks } },
    answersWithinMs: THROUGH_CLOUD_MS,
    refusals: [...STORED_CLOUD_REFUSALS, ...CLOUD_REFUSALS],
    async handle({ query }) {
      const { networks, ...setting } = await zoneNetworks(await activeCloud(context));
      const { rows, total, next } = pageByName(networks, query);
      const shown = rows.map((network) => presentNetwork(network, setting));
      return { status: 200, body: { success: true, networks: shown, count: total, next_cursor: next } };
    },
  }),
  defineRoute({
    ...post,
    path: '/settings/cloudstack/validate',
    summary: 'Check whether a CloudStack is fit for replication and failover',
    description: `Four checks, each with what to do about it. ${OUTCOME}`,
    body: ValidateCloud,
    answers: { 200: { description: 'the outcome', schema: CloudValidated } },
    refusals: STORED,
    handle: async ({ body }) => ({ status: 200, body: await validateCloud(context, body) }),
  }),
  defineRoute({
    ...post,
    path: '/settings/cloudstack/discover-all',
    summary: 'Everything that a configuration is made of, in one answer',
    description: OUTCOME,
    body: DiscoverCloud,
    answers: { 200: { description: 'the outcome', schema: CloudDiscovered } },
    refusals: STORED,
    handle: async ({ body }) => ({ status: 200, body: await discoverAll(context, body) }),
  }),
];
