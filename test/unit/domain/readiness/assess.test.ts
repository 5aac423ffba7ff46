import { describe, expect, test } from '@jest/globals';
import { assessReadiness, scoreOf } from '../../../../src/domain/readiness/assess.ts';
import { planNetworks } from '../../../../src/domain/readiness/networks.ts';
import { factsOfVm } from '../../../../src/domain/readiness/vm-facts.ts';
import { RULES } from '../../../../src/domain/readiness/rules.ts';
import { aDisk, asksLive, asksTest, aVm, goodFacts } from '../../../support/readiness-facts.ts';

describe('readiness', () => {
  test.each(['failover', 'rollback'])('does not judge volumes that a running %s moves about', (operation) => {
    const facts = goodFacts({
      disks: [aDisk({ volume: null })],
      activeJobs: [{ jobId: 'failover-1', operation, status: 'running' }],
    });
    expect(assessReadiness(facts, asksTest()).findings.map(({ code }) => code)).toEqual(['vm.busy']);
  });

  test('tells of each rule how long it took to judge, by the stopwatch that it is given', () => {
    let ticks = 0;
    const { checks } = assessReadiness(goodFacts(), asksLive(), () => (ticks += 7));
    expect(checks.map(({ milliseconds }) => milliseconds)).toEqual(RULES.map(() => 7));
  });

  test('with skip_validation judges what endangers data or production, and nothing else', () => {
    const facts = goodFacts({
      vm: aVm({ sourceDiskIds: ['disk-2000', 'disk-2001'], hasCredential: false }),
      disks: [aDisk({ doubt: 'a reason' })],
      networkUses: [{ destinationNetworkId: 'lab', isTest: false, vms: 1, vmName: 'db01' }],
    });
    const all = assessReadiness(facts, asksTest()).findings.map(({ code }) => code);
    const some = assessReadiness(facts, asksTest({ skipValidation: true }));
    expect(all).toEqual(expect.arrayContaining(['copy.disk-missing', 'copy.doubt', 'network.test-in-production']));
    expect(some.findings.map(({ code }) => code)).toEqual(['network.test-in-production']);
    expect(some.ready).toBe(false);
    const asked = some.checks.filter(({ status }) => status !== 'skip').map(({ name }) => name);
    expect(asked).toEqual(RULES.filter(({ always }) => always).map(({ name }) => name));
  });

  test('counts what each finding costs, and ends at 0', () => {
    const of = (...severities: ('critical' | 'warning' | 'info')[]) =>
      scoreOf(severities.map((severity) => ({ code: 'a.b', severity, explanation: '', fix: '', doc: '' })));
    expect([of(), of('info'), of('warning', 'warning'), of('critical', 'warning')]).toEqual([100, 100, 90, 65]);
    expect(of('critical', 'critical', 'critical', 'critical')).toBe(0);
  });

  test.each(['failed_over_test', 'failed_over_live', 'completed'] as const)(
    'of a VM that is %s says nothing of the volumes that its failover has',
    (status) => {
      const { findings } = assessReadiness(
        goodFacts({ vm: aVm({ status }), disks: [aDisk({ targetGeneration: 9 })] }),
        asksLive(),
      );
      expect(findings.map(({ code }) => code.split('.')[0])).toEqual(['vm']);
    },
  );

  test('names the worst first', () => {
    const facts = goodFacts({ vm: aVm({ firmware: 'efi', hasCredential: false, osFamily: 'macos' }) });
    const { findings } = assessReadiness(facts, asksLive());
    expect(findings.map(({ severity }) => severity)).toEqual(['critical', 'warning', 'info']);
  });
});

describe('the networks of a failover', () => {
  const two = aVm({
    adapters: [
      { networkName: 'a', macAddress: '00:50:56:00:00:01' },
      { networkName: 'b', macAddress: null },
      { networkName: 'a', macAddress: '00:50:56:00:00:03' },
    ],
  });
  const mapping = (source: string, destination: string, isTestNetwork: boolean) => ({
    sourceNetworkName: source,
    destinationNetworkId: destination,
    destinationNetworkName: destination,
    isTestNetwork,
  });
  const mappings = [mapping('a', 'prod-a', false), mapping('b', 'prod-b', false), mapping('b', 'test-b', true)];

  test('are one per adapter, in their order, with its address', () => {
    expect(planNetworks({ vm: two, mappings }, { type: 'live' })).toEqual({
      networks: [
        { sourceNetworkName: 'a', destinationNetworkId: 'prod-a', macAddress: '00:50:56:00:00:01' },
        { sourceNetworkName: 'b', destinationNetworkId: 'prod-b' },
        { sourceNetworkName: 'a', destinationNetworkId: 'prod-a', macAddress: '00:50:56:00:00:03' },
      ],
      unmapped: [],
    });
  });

  test('of a test are never those of the live mappings', () => {
    const { networks, unmapped } = planNetworks({ vm: two, mappings }, { type: 'test' });
    expect(networks).toEqual([{ sourceNetworkName: 'b', destinationNetworkId: 'test-b' }]);
    expect(unmapped).toEqual(['a']);
  });

  test('are what the request says where it says something', () => {
    const { networks, unmapped } = planNetworks({ vm: two, mappings }, { type: 'test', custom: { a: 'mine' } });
    expect(networks.map((one) => one.destinationNetworkId)).toEqual(['mine', 'test-b', 'mine']);
    expect(unmapped).toEqual([]);
  });

  test('of a source that names no adapter are those of its mappings', () => {
    expect(planNetworks({ vm: aVm({ adapters: [] }), mappings }, { type: 'live' }).networks).toEqual([
      { sourceNetworkName: 'a', destinationNetworkId: 'prod-a' },
      { sourceNetworkName: 'b', destinationNetworkId: 'prod-b' },
    ]);
  });
});

describe('what the source told of a VM', () => {
  const columns = {
    contextId: 'c',
    vmName: 'n',
    status: 'discovered',
    vcenterHost: 'folder',
    powerState: null,
    osType: 'windows',
    cpuCount: 1,
    memoryMb: 1,
    inventory: null,
    unreplicatedDisks: null,
    commitJobId: null,
    committedPointAt: null,
    hasCredential: false,
  } as const;

  test.each([null, 7, 'x', [], { disks: 7, networks: [7], os_type: 7 }])('may be unreadable: %j', (inventory) => {
    expect(factsOfVm({ ...columns, inventory })).toMatchObject({
      isFolder: true,
      osFamily: 'windows',
      sourceDiskIds: null,
      adapters: [],
      unreplicatedDisks: [],
    });
  });

  test('is read where it is readable', () => {
    const inventory = {
      os_type: 'Ubuntu Linux (64-bit)',
      firmware: 'efi',
      vmware_tools_status: 'toolsOk',
      disks: [{ id: 'disk-2000', size_gb: 1 }],
      networks: [{ network_name: 'a', mac_address: '00:50:56:00:00:01' }, { network_name: null }],
    };
    expect(factsOfVm({ ...columns, inventory, vcenterHost: 'vc', unreplicatedDisks: ['d'] })).toMatchObject({
      isFolder: false,
      osFamily: 'linux',
      firmware: 'efi',
      toolsStatus: 'toolsOk',
      sourceDiskIds: ['disk-2000'],
      adapters: [{ networkName: 'a', macAddress: '00:50:56:00:00:01' }],
      unreplicatedDisks: ['d'],
    });
  });
});
