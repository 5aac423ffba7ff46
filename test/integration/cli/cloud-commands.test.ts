import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { sourceVm } from '../../support/api.ts';
import { CloudStand } from '../../support/cloud-stand.ts';
import { OperatorShell, type Ended } from '../../support/command.ts';

jest.setTimeout(120_000);

/** From the address of a cloud to mapped networks, as an operator types it. */

const stack = new AsyncDisposableStack();
let stand: CloudStand;
let shell: OperatorShell;
let env: Record<string, string>;
let keys: string;
let url: string;

beforeAll(async () => {
  stand = stack.use(await CloudStand.start());
  shell = stack.use(new OperatorShell());
  const { token } = await stand.api.context.sessions.issue('ann', 1);
  env = { MIGRATEKIT_API_URL: stand.api.url, MIGRATEKIT_API_TOKEN: token };
  const { endpoint, apiKey, secretKey } = stand.cloud.simulator;
  url = endpoint;
  keys = `${apiKey.reveal()}\n${secretKey.reveal()}\n`;
  const body = { source_vm: sourceVm('web01'), vcenter_host: 'vc1', start_replication: false };
  await stand.post('/replications', body);
});
afterAll(() => stack.disposeAsync());

const run = (words: readonly string[], input?: string): Promise<Ended> =>
  shell.run(words, { env, ...(input === undefined ? {} : { input }) });
const cloud = (...words: string[]): Promise<Ended> => run(['cloud', ...words]);
const withKeys = (words: readonly string[], input = keys): Promise<Ended> => run([...words, '--keys-stdin'], input);

test('a cloud is looked at, configured by names, tried, shown, changed and given up for another', async () => {
  expect(await cloud()).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(/cloud configure/) });
  const looked = await withKeys(['cloud', 'discover', '--url', url]);
  expect(looked).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ZONE .*\nlab-zone /) });
  expect(looked.stdout).toMatch(/vm of the appliance: oma /);

  const configure = ['cloud', 'configure', 'production', '--url', url, '--zone', 'lab-zone'];
  const choices = ['--disk-offering', 'Custom', '--service-offering', 'Custom Instance', '--network', 'lab-live'];
  const wrong = await withKeys([...configure, '--network', 'nowhere']);
  expect(wrong).toMatchObject({ code: 4, stderr: expect.stringMatching(/it offers .*lab-live/) });
  const saved = await withKeys([...configure, ...choices]);
  expect(saved).toMatchObject({ code: 0, stdout: 'production is saved and active\n' });
  expect((await cloud('show', 'PRODUCTION')).stdout).toContain(stand.cloud.simulator.ids.omaVm);

  expect(await cloud('test')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^pass +oma vm detection: /) });
  expect((await withKeys(['cloud', 'configure', 'production'], 'a\nb\n')).code).toBe(0);
  expect(await cloud('test')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/\(cloudstack\.unauthorized\)\n  hint: /),
  });
  const second = ['cloud', 'configure', 'second', '--url', url, '--zone', 'lab-zone', '--inactive'];
  expect(await withKeys(second)).toMatchObject({ code: 0, stdout: 'second is saved, and not active\n' });
  expect((await cloud('use', 'second')).stdout).toMatch(/second is saved and active; production is not active/);
  expect((await cloud()).stdout).toMatch(/\nproduction +http:.* inactive .*\nsecond +http:.* active /);
});

test.each([
  [['cloud', 'configure', 'new', '--url', 'x', '--zone', 'z'], /use --keys-stdin or --keys-file/],
  [['cloud', 'configure', 'a', '--api-key', 'secret'], /--api-key/],
])('%j is wrong usage', async (words, message) => {
  expect(await run(words)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
});

test('networks are listed, mapped for live and test failovers apart, and unmapped', async () => {
  expect((await run(['networks', 'available'])).stdout).toMatch(/^NAME .*\nlab-dmz /);
  const empty = await run(['networks', 'web01']);
  expect(empty.stderr).toMatch(/networks map does it\nnot mapped for live failovers: VM Network\nnot mapped for test/);
  const map = ['networks', 'map', 'web01', 'VM Network'];
  expect((await run([...map, 'lab-live'])).stdout).toMatch(/the live mapping of VM Network of web01 .* lab-live/);
  expect(await run([...map, 'lab-live', '--test'])).toMatchObject({
    code: 5,
    stderr: expect.stringMatching(/--force/),
  });
  expect((await run([...map, 'lab-test', '--test'])).code).toBe(0);
  expect(await shell.json(['networks'], { env })).toMatchObject({ count: 2, exit: 0 });
  expect((await run(['networks', 'unmap', 'web01', 'VM Network', '--test'])).code).toBe(0);
  const left = await run(['networks', 'web01']);
  expect(left).toMatchObject({ code: 0, stdout: expect.stringMatching(/web01 .* live +lab-live/) });
  expect(left.stderr).toBe('not mapped for test failovers: VM Network\n');
});
