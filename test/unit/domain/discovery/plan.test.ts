import { describe, expect, test } from '@jest/globals';
import { chooseVms, filterByName } from '../../../../src/domain/discovery/choose.ts';
import { judgeInventory, type FoundVm, type KnownVm } from '../../../../src/domain/discovery/judge.ts';
import { planAdditions } from '../../../../src/domain/discovery/plan.ts';

const VCENTER = { host: 'vc1', instanceUuid: 'vc-uuid' };

const found = (name: string, uuid = `i-${name}`, folder = ''): FoundVm => ({
  instanceUuid: uuid,
  biosUuid: `b-${uuid}`,
  name,
  path: `/DC/vm${folder}/${name}`,
  fault: null,
});
const known = (name: string, uuid = `i-${name}`): KnownVm => ({
  contextId: `ctx-${name}`,
  vmName: name,
  vmPath: `/DC/vm/${name}`,
  vcenterHost: 'VC1',
  vmwareVmId: `b-${uuid}`,
  instanceUuid: uuid,
  vcenterInstanceUuid: VCENTER.instanceUuid,
});

function plan(vms: readonly FoundVm[], contexts: readonly KnownVm[]): Record<string, readonly string[]> {
  const { add, refresh, refuse } = planAdditions(VCENTER, judgeInventory(VCENTER, vms, contexts), contexts);
  return {
    add: add.map((vm) => vm.path),
    refresh: refresh.map((one) => `${one.known.contextId} ${one.takesName ? one.found.name : one.known.vmName}`),
    refuse: refuse.map(({ found: vm, reason }) => `${vm.path}: ${reason}`),
  };
}

describe('a plan', () => {
  test('adds what is new, refreshes what is known and refuses a name that is taken', () => {
    expect(plan([found('a'), found('b'), found('c', 'i-anew')], [known('b'), known('c')])).toEqual({
      add: ['/DC/vm/a'],
      refresh: ['ctx-b b'],
      refuse: [expect.stringMatching(/^\/DC\/vm\/c: context ctx-c protects another VM of this name/)],
    });
  });

  test('gives a new VM the name that a known one has given up', () => {
    expect(plan([found('a-old', 'i-a'), found('a', 'i-anew')], [known('a')])).toEqual({
      add: ['/DC/vm/a'],
      refresh: ['ctx-a a-old'],
      refuse: [],
    });
  });

  test('hands names on along a chain, and leaves them where two have swapped', () => {
    const chain = [found('c', 'i-b'), found('b', 'i-a')];
    expect(plan(chain, [known('a'), known('b')])['refresh']).toEqual(['ctx-b c', 'ctx-a b']);
    const swapped = [found('b', 'i-a'), found('a', 'i-b')];
    expect(plan(swapped, [known('a'), known('b')])['refresh']).toEqual(['ctx-a a', 'ctx-b b']);
  });

  test('of two new VMs of one name in two folders adds one, and says so of the other', () => {
    const { add, refuse } = plan([found('a', 'i-1', '/x'), found('a', 'i-2', '/y')], []);
    expect(add).toEqual(['/DC/vm/x/a']);
    expect(refuse).toEqual([expect.stringMatching(/^\/DC\/vm\/y\/a: another VM of this name, in another folder/)]);
  });

  test('leaves a known VM that cannot be read as it is known', () => {
    expect(plan([{ ...found('a'), fault: 'its host is away' }], [known('a')])).toEqual({
      add: [],
      refresh: [],
      refuse: [],
    });
  });
});

describe('VMs are chosen', () => {
  const vms = judgeInventory(VCENTER, [found('web01'), found('web01', 'i-2', '/other'), found('db01')], []);
  const chosen = (...wanted: string[]): string[] => chooseVms(vms, wanted).chosen.map((vm) => vm.found.path);

  test('by name, path and instance uuid, each once', () => {
    expect(chosen('db01', '/DC/vm/other/web01', 'I-WEB01', '/DC/vm/db01')).toEqual([
      '/DC/vm/web01',
      '/DC/vm/other/web01',
      '/DC/vm/db01',
    ]);
  });

  test('never by a name that two have, nor by one that none has', () => {
    const { chosen: none, missed } = chooseVms(vms, ['web01', 'WEB01']);
    expect(none).toEqual([]);
    expect(missed.map(({ wanted, isUnknown }) => [wanted, isUnknown])).toEqual([
      ['web01', false],
      ['WEB01', true],
    ]);
    expect(missed[0]?.reason).toContain('/DC/vm/web01, /DC/vm/other/web01');
  });

  test('from those whose name has a part, in upper or lower case', () => {
    expect(filterByName(vms, 'WEB').map((vm) => vm.found.path)).toEqual(['/DC/vm/web01', '/DC/vm/other/web01']);
    expect(filterByName(vms, undefined)).toHaveLength(3);
  });
});
