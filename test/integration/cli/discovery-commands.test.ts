import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import { OperatorShell } from '../../support/command.ts';
import { DiscoveryStand, type SimulatedVcenter } from '../../support/discovery-stand.ts';

jest.setTimeout(60_000);

/** From an account to known VMs, as an operator types it. */

const stack = new AsyncDisposableStack();
let stand: DiscoveryStand;
let vcenter: SimulatedVcenter;
let shell: OperatorShell;
let env: Record<string, string>;

beforeAll(async () => {
  stand = stack.use(await DiscoveryStand.start());
  const disks = [{ capacityBytes: 16 * MiB }];
  vcenter = await stand.vcenter({ vms: ['web01', 'web02', 'db01'].map((name) => ({ name, disks })) });
  vcenter.control.clone('web01', 'web01-clone');
  shell = stack.use(new OperatorShell());
  const { token } = await stand.api.context.sessions.issue('ann', 1);
  env = { MIGRATEKIT_API_URL: stand.api.url, MIGRATEKIT_API_TOKEN: token };
});
afterAll(async () => {
  await stack.disposeAsync();
});

const save = (name: string, password: string, ...more: string[]) => {
  const { username, thumbprint } = vcenter.simulator;
  const account = [
    '--vcenter',
    vcenter.host,
    '--username',
    username,
    '--datacenter',
    'Lab',
    '--thumbprint',
    thumbprint,
  ];
  return shell.run(['credentials', 'add', name, ...account, ...more, '--password-stdin'], {
    env,
    input: `${password}\n`,
  });
};

test('an account is saved with a password that is no argument, and tried out', async () => {
  const saved = await save('Production', vcenter.simulator.password.reveal(), '--default');
  expect(saved).toMatchObject({ code: 0, stdout: 'Production is saved\n' });
  expect((await save('production', 'x')).code).toBe(5);
  expect((await save('wrong', 'not the password')).code).toBe(0);

  const list = await shell.run(['credentials'], { env });
  expect(list.stdout).toMatch(
    /^NAME +VCENTER +USER +DATACENTER +USE +VMS +LAST USED\nProduction +127\.0\.0\.1:\d+ .* default +0 +-\nwrong /,
  );
  expect(await shell.run(['credentials', 'test', 'PRODUCTION'], { env })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/signs in, and sees 4 VMs in Lab/),
  });
  expect(await shell.run(['credentials', 'test', 'wrong'], { env })).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/\(vsphere\.invalid-login\)\n  hint: check user name/),
  });
});

test('VMs are looked at, added by name and all together, and what is to know is said', async () => {
  const looked = await shell.run(['vms', 'discover', '--credential', 'production', '--filter', 'WEB'], { env });
  expect(looked.stdout).toMatch(
    /^STATE +NAME +PATH +POWER +DISKS +SIZE +NETWORKS +CONTEXT\nnew +web01 +\/Lab\/vm\/web01 +on +1 +16\.0 MiB +VM Network +-\n/,
  );
  expect(looked.stderr).toContain('web01: has the BIOS uuid of /Lab/vm/web01-clone');
  expect(looked.stderr).toMatch(/3 VMs in Lab at 127\.0\.0\.1:\d+: 3 new, 0 existing, 0 with a problem\n$/);

  const named = await shell.run(['vms', 'add', '--credential', 'production', 'web01', '/Lab/vm/web02', 'nobody'], {
    env,
  });
  expect(named).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^web01 is known as ctx-web01-\S+\nweb02 is known as ctx-web02-\S+\n$/),
    stderr: 'nobody: vCenter shows no VM called nobody\n2 added, 0 known already, 1 not added\n',
  });
  const all = await shell.json(['vms', 'add', '--all'], { env });
  expect(all).toMatchObject({ exit: 0, addition_result: { successfully_added: 2, skipped: 2 } });
  expect(await shell.run(['vms', 'add', '--credential', 'wrong', 'web01'], { env })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('vsphere.invalid-login'),
  });
  expect((await shell.run(['vms', 'add', 'web01', 'web02'], { env })).stderr).toContain('need --credential');
});
