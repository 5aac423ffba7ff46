import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { CLOUD_REFUSALS } from '../../../src/api/cloud/refusals.ts';
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
  times: 30,
  kind: 'error',
  errorCode,
  errorText,
});
const SAID: readonly [fault: Fault, status: number, code: string][] = [
  [refused(401), 401, 'cloudstack.unauthorized'],
  [refused(531), 403, 'cloudstack.forbidden'],
  [refused(411), 403, 'cloudstack.second-factor'],
  [refused(503), 503, 'cloudstack.maintenance'],
  [refused(429), 503, 'cloudstack.rate-limited'],
  [refused(530), 503, 'cloudstack.failed'],
  [refused(432), 503, 'cloudstack.failed'],
  [
    { command: '*', times: 30, kind: 'http', status: 200, contentType: 'text/html', body: '<html>log in</html>' },
    503,
    'cloudstack.bad-answer',
  ],
  [{ command: '*', times: 30, kind: 'drop-before' }, 503, 'cloudstack.unreachable'],
];

test.each(SAID)('%j is %i %s on every route, with a hint', async (fault, status, code) => {
  stand.cloud.simulator.faults.add({ ...fault, times: 500 });
  const told = await Promise.all(Object.values(ROUTES).map((ask) => ask()));
  expect(told.map((reply) => [reply.status, reply.body['code']])).toEqual(told.map(() => [status, code]));
  for (const { body } of told) expect(body['hint']).toEqual(expect.stringMatching(/\w/));
});

test('every refusal that is documented was shown', () => {
  const documented = CLOUD_REFUSALS.flatMap(({ status, codes }) => codes.map((code) => `${status} ${code}`));
  const shown = new Set(SAID.map(([, status, code]) => `${status} ${code}`));
  expect([...shown].toSorted()).toEqual(documented.toSorted());
});

test('a cloud that never answers is given up after some seconds, and no connection of the database waits with it', async () => {
  stand.cloud.simulator.faults.add({ command: '*', times: 500, kind: 'delay', ms: 9_000 });
  const { poolMax } = stand.api.config.database;
  // More than the pool has connections: if one of them were held, nothing else could be asked.
  const waiting = Promise.all(Array.from({ length: poolMax + 5 }, () => ROUTES['networks/available']?.()));
  const meanwhile = await stand.get('/network-mappings');
  expect(meanwhile.status).toBe(200);
  const told = await waiting;
  expect(new Set(told.map((reply) => reply?.body['code']))).toEqual(new Set(['cloudstack.unreachable']));
});
