import type { ApiContext } from '../context.ts';
import { addNamed, bulkAdd, discover, preview } from '../discovery/discover.ts';
import { defineRoute, noBody, noParams, noQuery, type Refusal, type Route } from '../route.ts';
import {
  AddVms,
  BulkAdded,
  BulkAddVms,
  Discovered,
  DiscoverVms,
  DiscoveryPreview,
  PreviewDiscovery,
  UngroupedVms,
  VmsAdded,
} from '../schemas/discovery.ts';
import { UngroupedFilter } from '../schemas/vm-contexts.ts';
import { THROUGH_VMA_MS, VCENTER_REFUSALS } from '../vcenter-refusals.ts';
import { contextPage } from '../vm-contexts/page.ts';

const tag = 'discovery';

const ACCOUNT_REFUSALS: readonly Refusal[] = [
  { status: 404, codes: ['credential.unknown', 'credential.no-default'] },
  { status: 409, codes: ['credential.inactive'] },
  { status: 422, codes: ['secret.no-key', 'secret.other-key', 'secret.damaged'] },
  ...VCENTER_REFUSALS,
];
const UNKNOWN_VM: Refusal = { status: 404, codes: ['discovery.vm-unknown'] };
const base = { method: 'post', tag, params: noParams, query: noQuery, answersWithinMs: THROUGH_VMA_MS } as const;

const NAMES =
  'A VM is named by its name, by its inventory path, or by its instance uuid; a name that several VMs have chooses none ' +
  'of them. VMs are told apart by instance uuid and vCenter, never by name or BIOS uuid. One that is known already is ' +
  'not added again: what vCenter says of it now is stored. Sent again, the request does no harm.';

export const discoveryRoutes = (context: ApiContext): readonly Route[] => [
  defineRoute({
    ...base,
    path: '/discovery/discover-vms',
    summary: 'Look at the VMs of a vCenter, and make them known where that is asked for',
    description: `Without create_context nothing is changed. ${NAMES}`,
    body: DiscoverVms,
    answers: { 200: { description: 'the VMs', schema: Discovered } },
    refusals: [...ACCOUNT_REFUSALS, UNKNOWN_VM],
    handle: async ({ body }) => ({ status: 200, body: await discover(context, body) }),
  }),
  defineRoute({
    ...base,
    path: '/discovery/preview',
    summary: 'What a discovery would find; changes nothing',
    body: PreviewDiscovery,
    answers: { 200: { description: 'the VMs', schema: DiscoveryPreview } },
    refusals: ACCOUNT_REFUSALS,
    handle: async ({ body }) => ({ status: 200, body: await preview(context, body) }),
  }),
  defineRoute({
    ...base,
    path: '/discovery/add-vms',
    summary: 'Make VMs of a vCenter known',
    description: NAMES,
    body: AddVms,
    answers: { 200: { description: 'what became of each', schema: VmsAdded } },
    refusals: [...ACCOUNT_REFUSALS, UNKNOWN_VM],
    handle: async ({ body, user }) => ({ status: 200, body: await addNamed(context, { body, user }) }),
  }),
  defineRoute({
    ...base,
    path: '/discovery/bulk-add',
    summary: 'Make many VMs of a vCenter known',
    description: NAMES,
    body: BulkAddVms,
    answers: { 200: { description: 'what became of them', schema: BulkAdded } },
    refusals: [...ACCOUNT_REFUSALS, UNKNOWN_VM],
    handle: async ({ body }) => ({ status: 200, body: await bulkAdd(context, body) }),
  }),
  defineRoute({
    method: 'get',
    path: '/discovery/ungrouped-vms',
    summary: 'Known VMs in no machine group',
    description: 'The VMs of /vm-contexts/ungrouped.',
    tag,
    params: noParams,
    query: UngroupedFilter,
    body: noBody,
    answers: { 200: { description: 'a page of VMs', schema: UngroupedVms } },
    async handle({ query }) {
      const { vm_contexts: vms, ...page } = await contextPage(context.db, { ungrouped: true }, query);
      return { status: 200, body: { vms, ...page, retrieved_at: new Date(context.clock.now()).toISOString() } };
    },
  }),
];
