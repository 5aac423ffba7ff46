import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listZones } from '../../../../src/cloudstack/zones.ts';
import { endOf } from '../../../support/cloudstack-jobs.ts';
import { startTestCloud, type TestCloud } from '../../../support/cloudstack.ts';

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());

const control = (method: string, { token, body }: { token?: string; body?: unknown }) =>
  fetch(`${cloud.simulator.controlUrl}/faults`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

describe('the control endpoint', () => {
  test('injects faults for whoever knows the token', async () => {
    const token = cloud.simulator.controlToken.reveal();
    const fault = { command: 'listZones', kind: 'error', errorCode: 531, errorText: 'not you' };

    const added = await control('POST', { token, body: fault });

    expect(added.status).toBe(201);
    await expect(listZones(cloud.client)).rejects.toMatchObject({ code: 'cloudstack.forbidden' });
    expect(await listZones(cloud.client)).toHaveLength(1);
  });

  test('forgets faults that are taken back', async () => {
    const token = cloud.simulator.controlToken.reveal();
    await control('POST', { token, body: { command: 'listZones', kind: 'drop-before', times: 9 } });

    await control('DELETE', { token });

    expect(await (await control('GET', { token })).json()).toMatchObject({ faults: [] });
    expect(await listZones(cloud.client)).toHaveLength(1);
  });

  test('tells what has struck, and only when it has', async () => {
    const token = cloud.simulator.controlToken.reveal();
    const { zone, diskOffering } = cloud.simulator.ids;
    cloud.simulator.faults.add({ command: 'createVolume', kind: 'job-held' });
    const wanted = { name: 'held', zoneid: zone, diskofferingid: diskOffering, size: '1' };
    const { jobid } = await cloud.client.call('createVolume', wanted);
    const strikes = () => cloud.simulator.faults.struck().filter(({ kind }) => kind === 'job-held');
    const jobs = (path: string, method: string) =>
      fetch(`${cloud.simulator.controlUrl}${path}`, { method, headers: { authorization: `Bearer ${token}` } });

    expect(await (await jobs('/jobs', 'GET')).json()).toEqual({ held: 1 });
    expect(await cloud.client.call('queryAsyncJobResult', { jobid: String(jobid) })).toMatchObject({ jobstatus: 0 });
    expect(strikes()).toEqual([]);

    expect((await jobs('/jobs/release', 'POST')).status).toBe(204);
    expect(await endOf(cloud.client, String(jobid))).toMatchObject({ jobstatus: 1 });
    expect(strikes()).toEqual([{ command: 'createVolume', kind: 'job-held' }]);
  });

  test('is closed to everybody else', async () => {
    const statuses = await Promise.all([
      control('GET', {}),
      control('GET', { token: cloud.simulator.secretKey.reveal() }),
      control('POST', { token: 'guess', body: { command: '*', kind: 'drop-before' } }),
    ]);

    expect(statuses.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(cloud.simulator.faults.pending()).toEqual([]);
  });

  test('refuses faults that it does not know', async () => {
    const token = cloud.simulator.controlToken.reveal();

    const refused = await control('POST', { token, body: { command: 'listZones', kind: 'explode' } });

    expect(refused.status).toBe(400);
  });
});
