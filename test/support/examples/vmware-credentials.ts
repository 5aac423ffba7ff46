import { credentialBody } from '../api.ts';
import type { Example, Examples, Request, World } from './example.ts';

const params = { id: '1000000000' };
const unknown: Example = { status: 404, code: 'credential.unknown', ask: () => ({ params }) };
const stale = { 'if-match': '"of-another-state"' };
const changed = { username: 'other' };

const saved = async (world: World, change: Record<string, unknown> = {}): Promise<Request> => ({
  params: { id: String(await world.credential(change)) },
});

/** With an account that stays beside it. */
const oneOfTwo = async (world: World): Promise<Request> => {
  await world.credential();
  return saved(world);
};

async function seen(world: World, request: Request, path: string): Promise<Request> {
  const reply = await world.api.call('GET', path);
  return { ...request, headers: { 'if-none-match': reply.headers.get('etag') ?? '' } };
}

export const vmwareCredentialExamples: Examples = {
  'GET /vmware-credentials': [{ status: 200, ask: () => ({}) }],
  'POST /vmware-credentials': [
    { status: 201, ask: (world) => ({ body: credentialBody(world.freshName()) }) },
    {
      status: 409,
      code: 'credential.exists',
      ask: async (world) => {
        await world.credential({ credential_name: 'Taken' });
        return { body: credentialBody('taken') };
      },
    },
    {
      status: 409,
      code: 'credential.inactive',
      ask: (world) => ({ body: credentialBody(world.freshName(), { is_active: false, is_default: true }) }),
    },
    {
      status: 422,
      code: 'secret.no-key',
      when: 'no key',
      ask: (world) => ({ body: credentialBody(world.freshName()) }),
    },
    {
      status: 422,
      code: 'idempotency.key-reused',
      ask: async (world) => {
        const headers = { 'idempotency-key': world.freshName() };
        await world.api.call('POST', '/vmware-credentials', { body: credentialBody(world.freshName()), headers });
        return { body: credentialBody(world.freshName()), headers };
      },
    },
  ],
  'GET /vmware-credentials/default': [
    {
      status: 200,
      ask: async (world) => {
        await world.credential({ is_default: true });
        return {};
      },
    },
    {
      status: 304,
      ask: async (world) => {
        await world.credential({ is_default: true });
        return seen(world, {}, '/vmware-credentials/default');
      },
    },
    { status: 404, code: 'credential.no-default', ask: () => ({}) },
  ],
  'GET /vmware-credentials/{id}': [
    { status: 200, ask: (world) => saved(world) },
    {
      status: 304,
      ask: async (world) => {
        const request = await saved(world);
        return seen(world, request, `/vmware-credentials/${request.params?.['id']}`);
      },
    },
    unknown,
  ],
  'PUT /vmware-credentials/{id}': [
    { status: 200, ask: async (world) => ({ ...(await saved(world)), body: changed }) },
    { ...unknown, ask: () => ({ params, body: changed }) },
    {
      status: 409,
      code: 'credential.exists',
      ask: async (world) => {
        await world.credential({ credential_name: 'Taken' });
        return { ...(await saved(world)), body: { credential_name: 'TAKEN' } };
      },
    },
    {
      status: 409,
      code: 'credential.inactive',
      ask: async (world) => ({ ...(await saved(world, { is_default: true })), body: { is_active: false } }),
    },
    {
      status: 412,
      code: 'request.stale',
      ask: async (world) => ({ ...(await saved(world)), body: changed, headers: stale }),
    },
    {
      status: 422,
      code: 'credential.password-needed',
      ask: async (world) => ({ ...(await saved(world)), body: { vcenter_host: 'elsewhere.example' } }),
    },
    {
      status: 422,
      code: 'secret.no-key',
      when: 'no key',
      ask: async (world) => {
        const [id] = await world.api.db('vmware_credentials').insert({
          credential_name: world.freshName(),
          vcenter_host: 'vc1',
          username: 'user',
          password_encrypted: 'sealed under a key that is gone',
          datacenter: 'DC1',
        });
        return { params: { id: String(id) }, body: { password: 'new' } };
      },
    },
  ],
  'DELETE /vmware-credentials/{id}': [
    { status: 200, ask: oneOfTwo },
    unknown,
    {
      status: 409,
      code: 'credential.in-use',
      ask: async (world) => {
        const request = await oneOfTwo(world);
        const contextId = await world.vm();
        await world.api
          .db('vm_replication_contexts')
          .where('context_id', contextId)
          .update({ credential_id: Number(request.params?.['id']) });
        return request;
      },
    },
    { status: 409, code: 'credential.last-active', ask: (world) => saved(world) },
    { status: 412, code: 'request.stale', ask: async (world) => ({ ...(await oneOfTwo(world)), headers: stale }) },
  ],
  'PUT /vmware-credentials/{id}/set-default': [
    { status: 200, ask: (world) => saved(world) },
    unknown,
    { status: 409, code: 'credential.inactive', ask: (world) => saved(world, { is_active: false }) },
  ],
};
