import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addTarget, sourceVm, startTestApi, type TestApi } from '../../support/api.ts';

let api: TestApi;
const stack = new AsyncDisposableStack();
beforeAll(async () => {
  api = stack.use(await startTestApi());
  await addTarget(api.db);
});
afterAll(async () => {
  await stack.disposeAsync();
});

describe('a request that is too large', () => {
  test('is refused for its headers beyond 16 KiB, with a problem document', async () => {
    const reply = await fetch(`${api.url}/api/v1/jobs`, { headers: { 'x-long': 'a'.repeat(17 * 1024) } });
    expect(reply.status).toBe(431);
    expect(reply.headers.get('content-type')).toContain('application/problem+json');
    const problem = (await reply.json()) as Record<string, unknown>;
    expect(problem).toMatchObject({ status: 431, code: 'request.headers-too-large', hint: expect.any(String) });
    expect(reply.headers.get('x-request-id')).toBe(problem['request_id']);
  });

  test('and one that is as large as a VM with 256 disks is not', async () => {
    const disks = Array.from({ length: 256 }, (_none, index) => ({
      id: `disk-${2000 + index}`,
      vmdk_path: `[datastore] ${'folder/'.repeat(60)}${index}.vmdk`,
      size_gb: 1,
      label: 'l'.repeat(191),
    }));
    const body = { source_vm: sourceVm('large', { disks }), vcenter_host: 'vc1' };
    expect((await api.call('POST', '/replications', { body })).status).toBe(202);
  });
});

describe('the id of a request', () => {
  test('is in the answer, in the problem document and in the row of the job', async () => {
    const headers = { 'x-request-id': 'from-the-client.1' };
    const body = { source_vm: sourceVm('traced'), vcenter_host: 'vc1' };
    const accepted = await api.call('POST', '/replications', { body, headers });
    expect(accepted.headers.get('x-request-id')).toBe('from-the-client.1');
    const row = await api
      .db('job_tracking')
      .where('id', String(accepted.body['job_id']))
      .first<{ request_id: string }>('request_id');
    expect(row).toEqual({ request_id: 'from-the-client.1' });

    const refused = await api.call('POST', '/replications', { body, headers });
    expect(refused).toMatchObject({ status: 409, body: { request_id: 'from-the-client.1' } });
    expect(refused.headers.get('x-request-id')).toBe('from-the-client.1');
  });

  test('is a new one where the client brings none, or one that would spoil a log', async () => {
    const ids = new Set<string | null>();
    for (const headers of [{}, {}, { 'x-request-id': 'a b' }, { 'x-request-id': 'x'.repeat(65) }]) {
      const reply = await api.call('GET', '/jobs/none', { headers });
      expect(reply.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(reply.body['request_id']).toBe(reply.headers.get('x-request-id'));
      ids.add(reply.headers.get('x-request-id'));
    }
    expect(ids.size).toBe(4);
  });
});
