import { describe, expect, test } from '@jest/globals';
import { ownAccount } from '../../../src/cloudstack/accounts.ts';
import { supports } from '../../../src/cloudstack/capabilities.ts';
import { createCloudStackClient } from '../../../src/cloudstack/client.ts';
import { maxDataVolumes } from '../../../src/cloudstack/hypervisors.ts';
import { readSetting } from '../../../src/cloudstack/settings.ts';
import {
  listOf,
  ODD_API_KEY,
  ODD_SECRET_KEY,
  refusal,
  startOddCloud,
  type OddAnswer,
} from '../../support/odd-cloud.ts';

/** What the server can do, and what this key may ask it: rights differ by role, commands by version. */

type Answers = Readonly<Record<string, OddAnswer>>;

/** Knows these commands; others are refused as CloudStack refuses what a role has not. */
const cloudWith = (answers: Answers, refusedBy = 401) =>
  startOddCloud(({ command }) => answers[command] ?? refusal(command, refusedBy, 'unable to verify user credentials'));

const user = (more: object) => ({ id: 'u1', account: 'acme', accountid: 'a1', domainid: 'd1', ...more });
const domains = listOf('listDomains', 'domain', [{ id: 'd1', name: 'acme', path: 'ROOT/acme' }]);

describe('whose key it is', () => {
  test('is asked by the key, which goes into the body and not into the URL', async () => {
    await using cloud = await cloudWith({
      getUser: { body: { getuserresponse: { user: user({ accounttype: 1 }) } } },
      listDomains: domains,
    });

    expect(await ownAccount(cloud.client)).toEqual({
      id: 'a1',
      name: 'acme',
      domainId: 'd1',
      domainPath: 'ROOT/acme',
      isRootAdmin: true,
      userId: 'u1',
    });
    const [asked] = cloud.asked;
    expect(asked).toMatchObject({ method: 'POST', url: '/client/api' });
    expect(asked?.parameters['userapikey']).toBe(ODD_API_KEY.reveal());
  });

  test.each([401, 432, 531])('is the only visible user where %s forbids to ask', async (refusedBy) => {
    await using cloud = await cloudWith(
      { listUsers: listOf('listUsers', 'user', [user({ accounttype: '0' })]) },
      refusedBy,
    );

    expect(await ownAccount(cloud.client)).toMatchObject({ name: 'acme', isRootAdmin: false, domainPath: undefined });
  });

  test.each([[2], ['2'], [undefined], ['root'], [true]])(
    'is no root admin with the account type %j',
    async (accounttype) => {
      await using cloud = await cloudWith({ getUser: { body: { getuserresponse: { user: user({ accounttype }) } } } });

      expect(await ownAccount(cloud.client)).toMatchObject({ isRootAdmin: false });
    },
  );

  test('is not guessed among several users, nor where there is none', async () => {
    const two = [user({ accounttype: 0 }), { ...user({ accounttype: 0 }), id: 'u2' }];
    await using several = await cloudWith({ listUsers: listOf('listUsers', 'user', two) });
    await using none = await cloudWith({ listUsers: listOf('listUsers', 'user', []) });

    await expect(ownAccount(several.client)).rejects.toMatchObject({ code: 'cloudstack.own-account-unknown' });
    await expect(ownAccount(none.client)).rejects.toMatchObject({ details: { visibleUsers: 0 } });
  });
});

describe('a setting', () => {
  const settings = (rows: readonly object[]) =>
    cloudWith({ listConfigurations: listOf('listConfigurations', 'configuration', rows) });

  test('is read by its exact name', async () => {
    await using cloud = await settings([
      { name: 'kvm.snapshot.enabled.too', value: 'false' },
      { name: 'kvm.snapshot.enabled', value: 'true' },
      { name: 'job.expire.minutes', value: 1440 },
    ]);

    expect(await readSetting(cloud.client, 'kvm.snapshot.enabled')).toBe('true');
    expect(await readSetting(cloud.client, 'job.expire.minutes')).toBe('1440');
    expect(await readSetting(cloud.client, 'kvm.snapshot')).toBeUndefined();
  });

  test('is undefined where the key may not read settings, but not where the server fails', async () => {
    await using forbidden = await cloudWith({});
    await using failing = await cloudWith({}, 530);

    expect(await readSetting(forbidden.client, 'kvm.snapshot.enabled')).toBeUndefined();
    await expect(readSetting(failing.client, 'kvm.snapshot.enabled')).rejects.toMatchObject({ retry: 'backoff' });
  });
});

describe('the number of data volumes', () => {
  const row = (hypervisor: string, version: string, most: unknown) => ({
    id: `${hypervisor}-${version}`,
    hypervisor,
    hypervisorversion: version,
    maxdatavolumeslimit: most,
  });

  test.each([
    ['the row without a version', [row('KVM', '7.0', 6), row('KVM', 'default', '64')], 64],
    ['the only row', [row('kvm', '8', 16), row('VMware', 'default', 13)], 16],
    ['nothing where rows differ', [row('KVM', '7', 6), row('KVM', '8', 64)], undefined],
    ['nothing where it is not said', [row('KVM', 'default', null)], undefined],
    ['nothing of an empty list', [], undefined],
  ])('is that of %s', async (_what, rows, most) => {
    await using cloud = await cloudWith({
      listHypervisorCapabilities: listOf('listHypervisorCapabilities', 'hypervisorCapabilities', rows),
    });

    expect(await maxDataVolumes(cloud.client, { hypervisor: 'KVM' })).toBe(most);
  });

  test('is undefined where the key may not ask', async () => {
    await using cloud = await cloudWith({});

    expect(await maxDataVolumes(cloud.client, { hypervisor: 'KVM' })).toBeUndefined();
  });
});

describe('what the server supports', () => {
  const version = (text: unknown): OddAnswer => ({
    body: { listcapabilitiesresponse: { capability: { cloudstackversion: text } } },
  });
  const apis = (...names: readonly (readonly [string, ...string[]])[]): OddAnswer =>
    listOf(
      'listApis',
      'api',
      names.map(([name, ...params]) => ({ name, params: params.map((one) => ({ name: one })) })),
    );

  test.each([
    ['4.19.0.2', 'import-volume', false],
    ['4.19.1.0', 'import-volume', true],
    ['4.19.1', 'unmanage-volume', true],
    ['4.18.2.1', 'import-vm', false],
    ['4.19.0.0', 'import-vm', true],
    ['4.20.3.0', 'deploy-from-volume', false],
    ['4.21.0.0', 'deploy-from-volume', true],
    ['4.21.0.0-SNAPSHOT', 'deploy-from-snapshot', true],
    ['4.21.0.0', 'import-vm-by-vddk', false],
    ['4.22.0.0', 'import-vm-by-vddk', true],
    ['4.9.3.1', 'enforced-post', false],
    ['4.21.0.0', 'enforced-post', true],
    ['5.0.0.0', 'incremental-snapshots', true],
    ['4.20.0.0', 'disk-only-vm-snapshots', false],
    ['unknown', 'import-vm', false],
    [null, 'import-vm', false],
  ] as const)('goes by its version %s where its commands cannot be listed: %s %s', async (text, feature, there) => {
    await using cloud = await cloudWith({ listCapabilities: version(text) });

    expect(await supports(cloud.client, feature)).toBe(there);
  });

  test('goes by its commands and their parameters where they can be listed', async () => {
    await using cloud = await cloudWith({
      listCapabilities: version('4.22.0.0'),
      listApis: apis(['importVm', 'name'], ['deployVirtualMachine', 'zoneid', 'VolumeId']),
    });

    expect(await supports(cloud.client, 'import-vm')).toBe(true);
    expect(await supports(cloud.client, 'import-vm-by-vddk')).toBe(false);
    expect(await supports(cloud.client, 'deploy-from-volume')).toBe(true);
    expect(await supports(cloud.client, 'deploy-from-snapshot')).toBe(false);
    expect(await supports(cloud.client, 'import-volume')).toBe(false);
    expect(cloud.times('listApis')).toBe(1);
    expect(cloud.times('listCapabilities')).toBe(0);
  });

  test('is asked again when what is known is old', async () => {
    let nowMs = 0;
    await using cloud = await cloudWith({ listApis: apis(['importVm']) });
    const client = createCloudStackClient({
      endpoint: cloud.endpoint,
      apiKey: ODD_API_KEY,
      secretKey: ODD_SECRET_KEY,
      clock: { now: () => Date.now(), monotonic: () => nowMs },
    });

    await supports(client, 'import-vm');
    nowMs += 599_000;
    await supports(client, 'import-vm');
    expect(cloud.times('listApis')).toBe(1);
    nowMs += 2_000;
    await supports(client, 'import-vm');
    expect(cloud.times('listApis')).toBe(2);
  });

  test('is asked anew after a failure', async () => {
    await using cloud = await startOddCloud(({ command }, time) =>
      time <= 3 ? refusal(command, 530, 'boom') : apis(['importVm']),
    );

    await expect(supports(cloud.client, 'import-vm')).rejects.toMatchObject({ code: 'cloudstack.internal' });
    expect(await supports(cloud.client, 'import-vm')).toBe(true);
  });
});
