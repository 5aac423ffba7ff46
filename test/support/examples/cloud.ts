import { CLOUD_REFUSALS } from '../../../src/api/cloud/refusals.ts';
import { sourceVm } from '../api.ts';
import type { CloudStand } from '../cloud-stand.ts';
import type { Example, Examples, Request, World } from './example.ts';

/** Of an API without a CloudStack: nobody could ask it. */
const NOBODYS = { api_url: 'http://127.0.0.1:9', api_key: 'key', secret_key: 'secret' };
const UNKNOWN_ID = 1_000_000_000;

function standOf(world: World): CloudStand {
  if (world.cloud === undefined) throw new Error('this example needs the state "a cloud"');
  return world.cloud;
}

const NONCE = Buffer.alloc(12).toString('base64url');
const TAG = Buffer.alloc(16).toString('base64url');
const OTHER_KEY = `v1.00000000.${NONCE}.AAAA.${TAG}`;

/** Of a route that opens the active configuration: what may be wrong with it. The keys of the world's own are damaged. */
function ofActive(ask: (world: World) => Request | Promise<Request>): Example[] {
  const after =
    (change: (world: World) => PromiseLike<unknown>): Example['ask'] =>
    async (world) => {
      const request = await ask(world);
      await change(world);
      return request;
    };
  const columns = { api_url: 'http://127.0.0.1:9', api_key: 'sealed', secret_key: 'sealed', zone: 'z', is_active: 1 };
  return [
    {
      status: 422,
      code: 'ossea-config.missing',
      ask: after(({ api }) => api.db('ossea_configs').update({ is_active: 0 })),
    },
    {
      status: 422,
      code: 'ossea-config.ambiguous',
      ask: after(({ api }) => api.db('ossea_configs').insert({ ...columns, name: 'second' })),
    },
    { status: 422, code: 'secret.no-key', when: 'no key', ask },
    {
      status: 422,
      code: 'secret.other-key',
      ask: after(({ api }) => api.db('ossea_configs').update({ api_key: OTHER_KEY })),
    },
    { status: 422, code: 'secret.damaged', ask },
  ];
}

/** Of a route that takes a cloud that is typed in, or a stored one. */
const ofAsked = (bodyOf: (access: Record<string, unknown>) => Record<string, unknown>): Example[] => [
  { status: 404, code: 'ossea-config.unknown', ask: () => ({ body: bodyOf({ config_id: UNKNOWN_ID }) }) },
  ...ofActive(() => ({ body: bodyOf({ config_id: 0 }) })),
];

const asIs = (access: Record<string, unknown>): Record<string, unknown> => access;
const outcome = (): Example[] => [{ status: 200, ask: () => ({ body: NOBODYS }) }, ...ofAsked(asIs)];

const fields = (name: string): Record<string, unknown> => ({ ...NOBODYS, name, zone: 'zone-1' });
const based = ({ api_url: base_url, ...access }: Record<string, unknown>): Record<string, unknown> =>
  base_url === undefined ? access : { base_url, ...access };

async function saved(world: World): Promise<number> {
  const body = { action: 'create', config: fields(world.freshName()) };
  const reply = await world.api.call('POST', '/ossea/config', { body });
  return (reply.body['config'] as { id: number }).id;
}

/** With a VM whose volumes are in it. */
async function used(world: World): Promise<number> {
  const id = await saved(world);
  await world.api.db('ossea_volumes').insert({
    volume_id: world.freshName(),
    name: 'v',
    size_gb: 1,
    state: 'Ready',
    ossea_config_id: id,
  });
  return id;
}

const elsewhere = { api_url: 'http://other.example.com' };

const configExamples: readonly Example[] = [
  { status: 200, ask: () => ({ body: { action: 'get' } }) },
  { status: 201, ask: (world) => ({ body: { action: 'create', config: fields(world.freshName()) } }) },
  { status: 404, code: 'ossea-config.unknown', ask: () => ({ body: { action: 'get', id: UNKNOWN_ID } }) },
  {
    status: 409,
    code: 'ossea-config.exists',
    ask: () => ({ body: { action: 'create', config: fields('CLOUD') } }),
  },
  {
    status: 409,
    code: 'ossea-config.in-use',
    ask: async (world) => ({ body: { action: 'update', id: await used(world), config: elsewhere } }),
  },
  {
    status: 422,
    code: 'ossea-config.keys-needed',
    ask: async (world) => ({ body: { action: 'update', id: await saved(world), config: elsewhere } }),
  },
  {
    status: 422,
    code: 'secret.no-key',
    when: 'no key',
    ask: (world) => ({ body: { action: 'create', config: fields(world.freshName()) } }),
  },
  {
    status: 422,
    code: 'secret.other-key',
    ask: async (world) => {
      const id = await saved(world);
      await world.api.db('ossea_configs').where({ id }).update({ secret_key: OTHER_KEY });
      return { body: { action: 'test', id } };
    },
  },
  {
    status: 422,
    code: 'secret.damaged',
    ask: async (world) => {
      const id = await saved(world);
      await world.api.db('ossea_configs').where({ id }).update({ secret_key: 'damaged' });
      return { body: { action: 'update', id, config: { name: world.freshName() } } };
    },
  },
];

const streamlined = {
  ...based(NOBODYS),
  zone_id: 'z',
  domain_name: 'ROOT',
  template_id: 't',
  service_offering_id: 's',
  disk_offering_id: 'd',
  network_id: 'n',
  oma_vm_id: 'v',
};

const mapping = (vmId: string, change: Record<string, unknown> = {}): Request => ({
  body: { vm_id: vmId, source_network_name: 'VM Network', destination_network_id: 'n', ...change },
});

async function mappable(world: World, change: Record<string, unknown> = {}): Promise<Request> {
  const destination = world.cloud?.cloud.simulator.ids.liveNetwork ?? 'n';
  return mapping(await world.vm(), { destination_network_id: destination, ...change });
}

/** A VM with one mapping. @returns the id of its context */
async function mapped(world: World): Promise<string> {
  const contextId = await world.vm();
  await world.api.db('network_mappings').insert({
    vm_id: 'vm',
    vm_context_id: contextId,
    source_network_name: 'VM Network',
    destination_network_id: 'n',
    destination_network_name: 'n',
  });
  return contextId;
}

/** Two VMs of one name. @returns the name */
async function twins(world: World): Promise<string> {
  const name = world.freshName();
  await world.vm(name);
  await world.vm(name, { vcenter_host: 'vc2', source_vm: sourceVm(name, { id: `other-${name}` }) });
  return name;
}

const ofVm = (paramsOf: (vmId: string) => Record<string, string>): Example[] => [
  { status: 200, ask: async (world) => ({ params: paramsOf(await mapped(world)) }) },
  { status: 404, code: 'context.unknown-name', ask: () => ({ params: paramsOf('nobody') }) },
  { status: 409, code: 'context.ambiguous', ask: async (world) => ({ params: paramsOf(await twins(world)) }) },
];
const vmIdOf = (vm_id: string): Record<string, string> => ({ vm_id });
const adapterOf = (vm_id: string): Record<string, string> => ({ vm_id, source_network_name: 'VM Network' });

export const cloudExamples: Examples = {
  'POST /settings/cloudstack/test-connection': outcome(),
  'POST /settings/cloudstack/detect-oma-vm': outcome(),
  'POST /settings/cloudstack/validate': outcome(),
  'POST /settings/cloudstack/discover-all': outcome(),
  'GET /settings/cloudstack/networks': [{ status: 200, when: 'a cloud', ask: () => ({}) }, ...ofActive(() => ({}))],
  'POST /ossea/config': configExamples,
  'POST /ossea/discover-resources': [
    { status: 200, when: 'a cloud', ask: () => ({ body: { config_id: 0 } }) },
    {
      status: 404,
      code: 'cloudstack.domain-unknown',
      when: 'a cloud',
      ask: () => ({ body: { config_id: 0, domain: 'ROOT/nowhere' } }),
    },
    ...ofAsked(based),
  ],
  'POST /ossea/config-streamlined': [
    { status: 200, ask: () => ({ body: streamlined }) },
    {
      status: 409,
      code: 'ossea-config.in-use',
      ask: async (world) => {
        const id = await used(world);
        await world.api.db('ossea_configs').where({ id }).update({ name: 'default' });
        return { body: { ...streamlined, base_url: elsewhere.api_url } };
      },
    },
    { status: 422, code: 'secret.no-key', when: 'no key', ask: () => ({ body: streamlined }) },
  ],
  'POST /network-mappings': [
    { status: 201, when: 'a cloud', ask: (world) => mappable(world) },
    {
      status: 400,
      code: 'network-mapping.other-vm',
      ask: async (world) => mapping('other', { vm_context_id: await world.vm() }),
    },
    { status: 404, code: 'context.unknown', ask: () => mapping('web01', { vm_context_id: 'ctx-x' }) },
    { status: 404, code: 'context.unknown-name', ask: () => mapping('nobody') },
    { status: 409, code: 'context.ambiguous', ask: async (world) => mapping(await twins(world)) },
    {
      status: 409,
      code: 'network-mapping.shared-destination',
      when: 'a cloud',
      ask: async (world) => {
        const { body } = await mappable(world);
        await standOf(world).post('/network-mappings', body as object);
        return { body: { ...(body as object), is_test_network: true } };
      },
    },
    {
      status: 422,
      code: 'network-mapping.source-unknown',
      ask: (world) => mappable(world, { source_network_name: 'Another Network' }),
    },
    {
      status: 422,
      code: 'network-mapping.destination-unknown',
      when: 'a cloud',
      ask: (world) => mappable(world, { destination_network_id: 'nowhere' }),
    },
    ...ofActive((world) => mappable(world)),
  ],
  'GET /network-mappings': [
    {
      status: 200,
      ask: async (world) => {
        await mapped(world);
        return {};
      },
    },
  ],
  'GET /network-mappings/{vm_id}': ofVm(vmIdOf),
  'GET /network-mappings/{vm_id}/status': ofVm(vmIdOf),
  'DELETE /network-mappings/{vm_id}/{source_network_name}': [
    ...ofVm(adapterOf),
    {
      status: 404,
      code: 'network-mapping.unknown',
      ask: async (world) => ({ params: adapterOf(await mapped(world)), query: '?is_test=true' }),
    },
  ],
  'GET /networks/available': [{ status: 200, when: 'a cloud', ask: () => ({}) }, ...ofActive(() => ({}))],
  'POST /networks/resolve': [
    { status: 200, when: 'a cloud', ask: () => ({ body: { network_name: 'lab-live' } }) },
    {
      status: 404,
      code: 'cloudstack.network-unknown',
      when: 'a cloud',
      ask: () => ({ body: { network_name: 'nowhere' } }),
    },
    ...ofActive(() => ({ body: { network_name: 'lab-live' } })),
  ],
  'GET /service-offerings/available': [{ status: 200, when: 'a cloud', ask: () => ({}) }, ...ofActive(() => ({}))],
};

const FAULTS = 'needs a CloudStack that is so: test/integration/api/cloud-faults.test.ts';
const SPEAKING = [
  'GET /settings/cloudstack/networks',
  'POST /ossea/discover-resources',
  'POST /network-mappings',
  'GET /networks/available',
  'POST /networks/resolve',
  'GET /service-offerings/available',
];

/** What only a CloudStack can say. */
export const CLOUD_SHOWN_ELSEWHERE: Readonly<Record<string, string>> = Object.fromEntries([
  ...SPEAKING.flatMap((route) =>
    CLOUD_REFUSALS.flatMap(({ status, codes }) => codes.map((code) => [`${route} ${status} ${code}`, FAULTS] as const)),
  ),
  [
    'POST /networks/resolve 409 cloudstack.network-ambiguous',
    'needs two networks of one name: test/integration/api/network-mappings.test.ts',
  ],
]);
