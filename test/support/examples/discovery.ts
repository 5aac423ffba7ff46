import { VCENTER_REFUSALS } from '../../../src/api/vcenter-refusals.ts';
import type { Example, Examples, Request, World } from './example.ts';

/** Routes that ask a vCenter through the VMA. */
const ROUTES: Readonly<Record<string, (account: Record<string, unknown>) => Record<string, unknown>>> = {
  'POST /discovery/discover-vms': (account) => ({ ...account, selected_vms: ['web01'] }),
  'POST /discovery/preview': (account) => account,
  'POST /discovery/add-vms': (account) => ({ ...account, vm_names: ['web01'] }),
  'POST /discovery/bulk-add': (account) => ({ ...account, selected_vms: ['web01'] }),
};

/** One that no key opens. */
async function sealed(world: World, passwordEncrypted: string): Promise<number> {
  const [id] = await world.api.db('vmware_credentials').insert({
    credential_name: world.freshName(),
    vcenter_host: 'vc1',
    username: 'user',
    password_encrypted: passwordEncrypted,
    datacenter: 'DC1',
  });
  return Number(id);
}

const NONCE = Buffer.alloc(12).toString('base64url');
const TAG = Buffer.alloc(16).toString('base64url');

/** Of a route that takes a stored account: what may be wrong with it. */
function ofStored(ask: (id: number) => Request): Example[] {
  return [
    {
      status: 409,
      code: 'credential.inactive',
      ask: async (world) => ask(await world.credential({ is_active: false })),
    },
    {
      status: 422,
      code: 'secret.no-key',
      when: 'no key',
      ask: async (world) => ask(await sealed(world, 'sealed')),
    },
    {
      status: 422,
      code: 'secret.other-key',
      ask: async (world) => ask(await sealed(world, `v1.00000000.${NONCE}.AAAA.${TAG}`)),
    },
    { status: 422, code: 'secret.damaged', ask: async (world) => ask(await sealed(world, 'damaged')) },
    { status: 503, code: 'vma.unreachable', ask: async (world) => ask(await world.credential()) },
  ];
}

function ofRoute(bodyOf: (account: Record<string, unknown>) => Record<string, unknown>): Example[] {
  return [
    { status: 200, when: 'a vcenter', ask: (world) => ({ body: bodyOf(world.account) }) },
    { status: 404, code: 'credential.unknown', ask: () => ({ body: bodyOf({ credential_id: 1_000_000_000 }) }) },
    { status: 404, code: 'credential.no-default', ask: () => ({ body: bodyOf({ credential_id: 0 }) }) },
    ...ofStored((id) => ({ body: bodyOf({ credential_id: id }) })),
  ];
}

const unknownVm = (bodyOf: (account: Record<string, unknown>) => Record<string, unknown>): Example => ({
  status: 404,
  code: 'discovery.vm-unknown',
  when: 'a vcenter',
  ask: (world) => {
    const body = bodyOf(world.account);
    const names = Object.fromEntries(Object.keys(body).map((name) => [name, ['nobody']]));
    return {
      body: { ...body, ...('vm_names' in body ? { vm_names: names['vm_names'] } : { selected_vms: ['nobody'] }) },
    };
  },
});

const onRoutes = Object.fromEntries(
  Object.entries(ROUTES).map(([name, bodyOf]) => [
    name,
    name.endsWith('preview') ? ofRoute(bodyOf) : [...ofRoute(bodyOf), unknownVm(bodyOf)],
  ]),
);

/** An account that is typed in, as one that is stored. */
function saved({ vcenter, ...account }: World['account']): Record<string, unknown> {
  return { ...account, vcenter_host: vcenter };
}

const params = { id: '1000000000' };

export const discoveryExamples: Examples = {
  ...onRoutes,
  'GET /discovery/ungrouped-vms': [
    {
      status: 200,
      ask: async (world) => {
        await world.vm();
        return {};
      },
    },
  ],
  'POST /vmware-credentials/{id}/test': [
    {
      status: 200,
      when: 'a vcenter',
      ask: async (world) => ({ params: { id: String(await world.credential(saved(world.account))) } }),
    },
    { status: 404, code: 'credential.unknown', ask: () => ({ params }) },
    ...ofStored((id) => ({ params: { id: String(id) } })),
  ],
};

const FAULTS = 'needs a vCenter or a VMA that is so: test/integration/api/vcenter-faults.test.ts';

const spoken = Object.keys(ROUTES).flatMap((route) =>
  VCENTER_REFUSALS.flatMap(({ status, codes }) =>
    codes.filter((code) => code !== 'vma.unreachable').map((code) => `${route} ${status} ${code}`),
  ),
);
/** What only a vCenter can say. */
export const VCENTER_SHOWN_ELSEWHERE: Readonly<Record<string, string>> = Object.fromEntries(
  [...spoken, 'POST /vmware-credentials/{id}/test 503 vma.token-refused'].map((what) => [what, FAULTS] as const),
);
