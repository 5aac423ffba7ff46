import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { CloudStand } from '../../support/cloud-stand.ts';
import { OperatorShell, type Ended } from '../../support/command.ts';
import { World } from '../../support/examples/example.ts';
import { addFailover, readyVm, type ReadyVm } from '../../support/ready-vm.ts';

jest.setTimeout(180_000);

/** Readiness, failover and the way back, as an operator types them. No worker runs: what is accepted waits. */

const stack = new AsyncDisposableStack();
let stand: CloudStand;
let world: World;
let shell: OperatorShell;
let env: Record<string, string>;
let vm: ReadyVm;

beforeAll(async () => {
  stand = stack.use(await CloudStand.start());
  await stand.configured();
  world = new World(stand.api, undefined, stand);
  shell = stack.use(new OperatorShell());
  const { token } = await stand.api.context.sessions.issue('ann', 1);
  env = { MIGRATEKIT_API_URL: stand.api.url, MIGRATEKIT_API_TOKEN: token };
});
afterAll(() => stack.disposeAsync());
beforeEach(async () => {
  vm = await readyVm(world);
});

const run = (...words: string[]): Promise<Ended> => shell.run(words, { env });
const setContext = (change: object) =>
  stand.api.db('vm_replication_contexts').where('context_id', vm.contextId).update(change);
const optionsOf = async (jobId: string): Promise<Record<string, unknown>> => {
  const [row] = await stand.api.db('failover_jobs').where('job_id', jobId).select<{ options: unknown }[]>('options');
  const stored: unknown = row?.options;
  return (typeof stored === 'string' ? JSON.parse(stored) : stored) as Record<string, unknown>;
};

test('readiness says what forbids a failover and what to do about it, and its status tells programs', async () => {
  const good = await run('readiness', vm.vmName, '--test');
  expect(good).toMatchObject({ code: 0, stdout: expect.stringMatching(/is ready for a test failover/) });
  expect(good.stdout).toMatch(/score +\d+ of 100; \d+ of \d+ rules judged/);
  await stand.api.db('ossea_volumes').where('vm_context_id', vm.contextId).update({ size_bytes: 1 });
  const bad = await run('readiness', vm.vmName);
  expect(bad).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/\ncritical volume .*\(volume\.too-small\)\n  fix: /),
  });
  const json = JSON.parse((await run('readiness', vm.vmName, '--disaster', '--json')).stdout) as Record<
    string,
    unknown
  >;
  expect(json).toMatchObject({ success: true, is_valid: false, failover_type: 'live' });
});

test('a test is accepted with its time, listed, and refused a second time with the next step', async () => {
  const accepted = await run('failover', vm.vmName, '--test', '--duration', '30m');
  expect(accepted).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\S+: failover-\S+ accepted\n$/) });
  const jobId = accepted.stdout.split(' ')[1] ?? '';
  expect(await optionsOf(jobId)).toMatchObject({
    type: 'test',
    testDurationMs: 1_800_000,
    autoCleanup: true,
    networks: [{ destinationNetworkId: stand.cloud.simulator.ids.testNetwork, macAddress: '00:50:56:00:00:01' }],
  });
  const listed = await run('failovers', vm.vmName);
  expect(listed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^VM .*\nvm-\d+ +test +pending /) });
  const again = await run('failover', vm.vmName, '--test');
  expect(again).toMatchObject({
    code: 5,
    stderr: expect.stringMatching(/\(context\.busy\)\n  hint: wait for it to end/),
  });
  expect(await run('cancel', jobId)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/is cancelled|told to stop/),
  });
  expect((await run('failovers', vm.vmName, '--json')).stdout).toMatch(/"status":"failed"/);
});

test('a test that would reach production is refused, also without validation', async () => {
  const production = `VM Network=${stand.cloud.simulator.ids.liveNetwork}`;
  const refused = await run('failover', vm.vmName, '--test', '--network', production, '--skip-validation');
  expect(refused).toMatchObject({ code: 5, stdout: '', stderr: expect.stringMatching(/\(failover\.not-ready\)/) });
  expect(refused.stderr).toMatch(/network\.test-in-production: network lab-live is where live mappings lead/);
});

test('a live failover asks, and --yes answers; a disaster asks nothing of the source', async () => {
  const asked = await run('failover', vm.vmName, '--live');
  expect(asked).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/add --yes when you are sure/) });
  const accepted = await run('failover', vm.vmName, '--disaster', '--yes', '--rollback-after', '4h', '--json');
  expect(accepted.code).toBe(0);
  const { job_id: jobId } = JSON.parse(accepted.stdout) as { job_id: string };
  expect(await optionsOf(jobId)).toMatchObject({
    type: 'live',
    naming: 'exact',
    powerOffSource: false,
    performFinalSync: false,
    commit: { afterMs: 14_400_000, then: 'rollback' },
  });
});

test('what stands is taken back or committed, and what failed is cleaned up', async () => {
  expect((await run('failovers', vm.vmName)).stderr).toContain(`${vm.vmName} was never failed over`);
  expect(await run('failovers', 'nonsense')).toMatchObject({ code: 4, stderr: expect.stringContaining('nonsense') });
  expect(await run('rollback', vm.vmName)).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/\(failover\.none\)/),
  });
  const live = await addFailover(stand.api.db, vm, { type: 'live', status: 'completed', committed: false });
  await setContext({ current_status: 'failed_over_live' });
  expect((await run('commit', vm.vmName)).code).toBe(2);
  expect((await run('vms', 'show', vm.vmName)).stdout).toMatch(
    /\n  Failover +live, stands\n  Next +\.\/migratekit commit vm-\d+ --follow .*\n  Next +\.\/migratekit rollback/,
  );
  expect((await run('failover', vm.vmName, '--test')).stderr).toMatch(/hint: .*migratekit commit VM keeps it/);
  const failed = await run('rollback', vm.vmName, '--cleanup-failed', '--yes');
  expect(failed).toMatchObject({ code: 5, stderr: expect.stringMatching(/\(failover\.nothing-failed\)\n  hint: /) });
  const back = await run('rollback', vm.vmName, '--yes', '--power-on-source');
  expect(back).toMatchObject({ code: 0, stdout: expect.stringMatching(/: rollback-\S+ accepted\n$/) });
  const payloads = await stand.api.db('job_tracking').where('operation', 'rollback').pluck<unknown[]>('payload');
  expect(JSON.stringify(payloads)).toContain(live);
  const told = async (): Promise<unknown> => (await stand.get(`/failover/${live}/status`)).body['message'];
  expect(await told()).toMatch(/^the live failover of vm-\d+ is completed; its rollback is pending$/);
  expect((await run('commit', vm.vmName, '--yes')).stderr).toMatch(/\(context\.busy\)/);
  await stand.api.db('job_tracking').where('operation', 'rollback').update({ status: 'completed' });
  expect(await told()).toMatch(/ is completed, and was taken back since$/);
});

test.each([
  [['failover', 'web01'], /say which: --test, --live or --disaster/],
  [['failover', 'web01', '--test', '--live'], /say which/],
  [['failover', 'web01', '--live', '--duration', '1h'], /--duration is for a test/],
  [['failover', 'web01', '--live', '--network', 'x'], /SOURCE=ID/],
  [['failover', 'web01', '--live', '--shutdown-policy', 'x'], /one of force, stop/],
  [['failover', 'web01', '--live', '--commit-after', '1h', '--rollback-after', '1h'], /not both/],
  [['rollback', 'web01', '--power-on-source', '--leave-source-off'], /not both/],
])('%j is wrong usage', async (words, message) => {
  expect(await run(...words)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
});
