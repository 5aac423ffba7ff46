import { counted } from '../../base/counted.ts';
import { activeCloud } from '../cloud/account.ts';
import { networkCalled, zoneNetworks, zoneServiceOfferings } from '../cloud/networks.ts';
import { pageByName } from '../cloud/page.ts';
import { presentNetwork, presentServiceOffering } from '../cloud/present.ts';
import { CLOUD_REFUSALS, STORED_CLOUD_REFUSALS, THROUGH_CLOUD_MS } from '../cloud/refusals.ts';
import type { ApiContext } from '../context.ts';
import { allMappings, deleteMapping, mappingsOfVm, statusOfVm } from '../network-mappings/read.ts';
import { saveMapping } from '../network-mappings/save.ts';
import { defineRoute, noBody, noParams, noQuery, type Refusal, type Route } from '../route.ts';
import { Page } from '../schemas/fields.ts';
import {
  AvailableNetworks,
  AvailableServiceOfferings,
  MappingParams,
  NetworkMappingDeleted,
  NetworkMappings,
  NetworkMappingSaved,
  NetworkMappingStatus,
  NetworkResolved,
  ResolveNetwork,
  SaveNetworkMapping,
  VmWordParam,
  WhichKind,
} from '../schemas/network-mappings.ts';

const tag = 'networks';
const CLOUD: readonly Refusal[] = [...STORED_CLOUD_REFUSALS, ...CLOUD_REFUSALS];
const VM: readonly Refusal[] = [
  { status: 404, codes: ['context.unknown-name'] },
  { status: 409, codes: ['context.ambiguous'] },
];
const WHICH_VM = 'vm_id is the name of a VM; where several have it, the id of the context of one of them.';
const get = { method: 'get', tag, body: noBody } as const;

export const networkMappingRoutes = (context: ApiContext): readonly Route[] => [
  ...availableRoutes(context),
  saveRoute(context),
  defineRoute({
    ...get,
    path: '/network-mappings',
    summary: 'All network mappings, by VM',
    params: noParams,
    query: Page,
    answers: { 200: { description: 'a page of mappings', schema: NetworkMappings } },
    handle: async ({ query }) => ({ status: 200, body: await allMappings(context.db, query) }),
  }),
  defineRoute({
    ...get,
    path: '/network-mappings/{vm_id}',
    summary: 'The network mappings of a VM, live and test',
    description: WHICH_VM,
    params: VmWordParam,
    query: noQuery,
    answers: { 200: { description: 'its mappings', schema: NetworkMappings } },
    refusals: VM,
    handle: async ({ params }) => ({ status: 200, body: await mappingsOfVm(context.db, params.vm_id) }),
  }),
  defineRoute({
    ...get,
    path: '/network-mappings/{vm_id}/status',
    summary: 'Whether all networks of a VM are mapped',
    description: `${WHICH_VM} Its networks are those that its source told last.`,
    params: VmWordParam,
    query: noQuery,
    answers: { 200: { description: 'how complete its mappings are', schema: NetworkMappingStatus } },
    refusals: VM,
    handle: async ({ params }) => ({ status: 200, body: await statusOfVm(context.db, params.vm_id) }),
  }),
  defineRoute({
    method: 'delete',
    path: '/network-mappings/{vm_id}/{source_network_name}',
    summary: 'Delete one network mapping',
    description: `${WHICH_VM} Without is_test the live one; the other stays.`,
    tag,
    params: MappingParams,
    query: WhichKind,
    body: noBody,
    answers: { 200: { description: 'deleted', schema: NetworkMappingDeleted } },
    refusals: [{ status: 404, codes: ['network-mapping.unknown'] }, ...VM],
    async handle({ params, query }) {
      const { vm_id: vmWord, source_network_name: sourceNetwork } = params;
      const which = { vmWord, sourceNetwork, isTest: query.is_test === 'true' };
      return { status: 200, body: await deleteMapping(context.db, which) };
    },
  }),
];

const saveRoute = (context: ApiContext): Route =>
  defineRoute({
    method: 'post',
    path: '/network-mappings',
    summary: 'Save where a network of a VM leads',
    description:
      `${WHICH_VM} Replaces the mapping of this VM, source network and kind. The destination must exist in the zone, and ` +
      'is stored under the name that CloudStack has for it. Test and live failovers of a VM must not share a destination, ' +
      'unless force says so.',
    tag,
    params: noParams,
    query: noQuery,
    body: SaveNetworkMapping,
    answers: { 201: { description: 'saved', schema: NetworkMappingSaved } },
    answersWithinMs: THROUGH_CLOUD_MS,
    refusals: [
      { status: 400, codes: ['network-mapping.other-vm'] },
      { status: 404, codes: ['context.unknown', 'context.unknown-name'] },
      { status: 409, codes: ['context.ambiguous', 'network-mapping.shared-destination'] },
      { status: 422, codes: ['network-mapping.source-unknown', 'network-mapping.destination-unknown'] },
      ...CLOUD,
    ],
    handle: ({ body }) => saveMapping(context, body),
  });

/** What mappings may lead to: asked of the cloud of the active configuration each time. */
const availableRoutes = (context: ApiContext): readonly Route[] => [
  defineRoute({
    ...get,
    path: '/networks/available',
    summary: 'Networks of the active cloud that mappings may lead to',
    params: noParams,
    query: Page,
    answers: { 200: { description: 'a page of networks, by name', schema: AvailableNetworks } },
    answersWithinMs: THROUGH_CLOUD_MS,
    refusals: CLOUD,
    async handle({ query }) {
      const { networks, ...setting } = await zoneNetworks(await activeCloud(context));
      const { rows, total, next } = pageByName(networks, query);
      const data = rows.map((network) => presentNetwork(network, setting));
      return { status: 200, body: envelope(counted(total, 'network'), { data, count: total, next_cursor: next }) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/networks/resolve',
    summary: 'Find a network of the active cloud by its name',
    tag,
    params: noParams,
    query: noQuery,
    body: ResolveNetwork,
    answers: { 200: { description: 'the network', schema: NetworkResolved } },
    answersWithinMs: THROUGH_CLOUD_MS,
    refusals: [
      { status: 404, codes: ['cloudstack.network-unknown'] },
      { status: 409, codes: ['cloudstack.network-ambiguous'] },
      ...CLOUD,
    ],
    async handle({ body }) {
      const { networks, ...setting } = await zoneNetworks(await activeCloud(context));
      const found = networkCalled(networks, body.network_name);
      return { status: 200, body: envelope(`${found.name} is ${found.id}`, { data: presentNetwork(found, setting) }) };
    },
  }),
  defineRoute({
    ...get,
    path: '/service-offerings/available',
    summary: 'Compute offerings of the active cloud',
    params: noParams,
    query: Page,
    answers: { 200: { description: 'a page of offerings, by name', schema: AvailableServiceOfferings } },
    answersWithinMs: THROUGH_CLOUD_MS,
    refusals: CLOUD,
    async handle({ query }) {
      const offerings = await zoneServiceOfferings(await activeCloud(context));
      const { rows, total, next } = pageByName(offerings, query);
      const data = rows.map(presentServiceOffering);
      return { status: 200, body: envelope(counted(total, 'offering'), { data, count: total, next_cursor: next }) };
    },
  }),
];

const envelope = (message: string, fields: Readonly<Record<string, unknown>>): Record<string, unknown> => ({
  success: true,
  message,
  ...fields,
});
