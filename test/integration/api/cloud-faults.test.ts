import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { Fault } from '../../../src/lab/cloudstack/faults.ts';
import { sourceVm, type Reply } from '../../support/api.ts';
import { CloudStand } from '../../support/cloud-stand.ts';

jest.setTimeout(120_000);

/** What a CloudStack may say or not say, on every route that passes it on. `call` holds each against the route's promise. */

let stand: CloudStand;
beforeAll(async () => {
  stand = await CloudStand.start();
  await stand.configured();
  const body = { source_vm: sourceVm('web01'), vcenter_host: 'vc1', start_replication: false };
  await stand.post('/replications', body);
});
afterAll(() => stand[Symbol.asyncDispose]());
beforeEach(() => stand.cloud.simulator.faults.clear());

const ROUTES: Readonly<Record<string, () => Promise<Reply>>> = {
  'settings/cloudstack/networks': () => stand.get('/settings/cloudstack/networks'),
  'ossea/discover-resources': () => stand.post('/ossea/discover-resources', { config_id: 0 }),
  'network-mappings': () =>
    stand.post('/network-mappings', {
      vm_id: 'web01',
      source_network_name: 'VM Network',
      destination_network_id: stand.cloud.simulator.ids.liveNetwork,
    }),
  'networks/available': () => stand.get('/networks/available'),
  'networks/resolve': () => stand.post('/networks/resolve', { network_name: 'lab-live' }),
  'service-offerings/available': () => stand.get('/service-offerings/available'),
};

const refused = (errorCode: number, errorText = 'no'): Fault => ({
  command: '*',
  kind: 'error',
  errorCode,
  errorText,
});
const SAID: readonly [fault: Fault, status: number, code: string][] = [
  [refused(401), 401, 'cloudstack.unauthorized'],
  [refused(531), 403, 'cloudstack.forbidden'],
  [refused(432), 503, 'cloudstack.failed'],
  [
    { command: '*', kind: 'http', status: 200, contentType: 'text/html', body: '<html>log in</html>' },
    503,
    'cloudstack.bad-answer',
  ],
  [{ command: '*', kind: 'drop-before' }, 503, 'cloudstack.unreachable'],
];

test.each(SAID)('%j is %i %s on every route, with a hint', async (fault, status, code) => {
  stand.cloud.simulator.faults.add({ ...fault, times: 500 });
  const told = await Promise.all(Object.values(ROUTES).map((ask) => ask()));
  expect(told.map((reply) => [reply.status, reply.body['code']])).toEqual(told.map(() => [status, code]));
  for (const { body } of told) expect(body['hint']).toEqual(expect.stringMatching(/\w/));
});

test('a cloud that never answers is given up after some seconds, and no connection of the database waits with it', async () => {
  const mute = createServer();
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const { port } = mute.address() as AddressInfo;
  try {
    await stand.configured('mute', { api_url: `http://127.0.0.1:${port}` });
    const { poolMax } = stand.api.config.database;
    // More than the pool has connections: if one of them were held, nothing else could be asked.
    const waiting = Promise.all(Array.from({ length: poolMax + 5 }, () => stand.get('/networks/available')));
    expect((await stand.get('/network-mappings')).status).toBe(200);
    expect(new Set((await waiting).map(({ body }) => body['code']))).toEqual(new Set(['cloudstack.unreachable']));
  } finally {
    mute.closeAllConnections();
    mute.close();
  }
});
