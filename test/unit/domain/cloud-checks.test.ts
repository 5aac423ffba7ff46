import { describe, expect, test } from '@jest/globals';
import { GiB } from '../../../src/base/units.ts';
import {
  accountUnknown,
  findOmaVm,
  isOffered,
  judgeAccount,
  judgeNetwork,
  judgeOffering,
  judgeOmaVm,
  overallOf,
  type Check,
  type JudgedVm,
} from '../../../src/domain/cloud-checks.ts';

const vm = (name: string, change: Partial<JudgedVm> & { macs?: string[] } = {}): JudgedVm => {
  const { macs = [`02:00:00:00:00:${name}`], ...rest } = change;
  const nics = macs.map((macAddress) => ({ macAddress, ipAddress: '10.0.0.1' }));
  return { id: `id-${name}`, name, state: 'Running', account: 'migrate', nics, ...rest };
};

describe('the VM of the appliance', () => {
  test('is the one that has one of its network cards, in whatever letters', () => {
    const found = findOmaVm([vm('0a'), vm('0b')], ['00:00:00:00:00:00', '02:00:00:00:00:0B']);
    expect(found).toMatchObject({ kind: 'one', vm: { name: '0b' }, macAddress: '02:00:00:00:00:0b' });
  });

  test('counts once, however many of its cards match', () => {
    const macs = ['02:00:00:00:00:01', '02:00:00:00:00:02'];
    expect(findOmaVm([vm('0a', { macs })], macs)).toMatchObject({ kind: 'one' });
  });

  test('is not guessed from two that have the same card, nor from loopback', () => {
    const macs = ['02:00:00:00:00:01'];
    expect(findOmaVm([vm('a', { macs }), vm('b', { macs })], macs)).toMatchObject({ kind: 'several' });
    const loopback = ['00:00:00:00:00:00'];
    expect(findOmaVm([vm('a', { macs: loopback })], loopback)).toEqual({ kind: 'none' });
  });

  test('is none that was destroyed and keeps its card until it is expunged', () => {
    const macs = ['02:00:00:00:00:01'];
    const vms = [vm('old', { macs, state: 'Destroyed' }), vm('new', { macs })];
    expect(findOmaVm(vms, macs)).toMatchObject({ kind: 'one', vm: { name: 'new' } });
  });

  test.each<[string, Check['status'], Parameters<typeof judgeOmaVm>[0]]>([
    ['named and running', 'pass', { named: 'id-0a', vm: vm('0a') }],
    ['named and stopped', 'warning', { named: 'id-0a', vm: vm('0a', { state: 'Stopped' }) }],
    ['named and destroyed', 'fail', { named: 'id-0a', vm: vm('0a', { state: 'Destroyed' }) }],
    ['named and not there', 'fail', { named: 'id-0a', vm: undefined }],
    ['found', 'pass', { named: undefined, found: findOmaVm([vm('0a')], ['02:00:00:00:00:0a']) }],
    ['not found', 'warning', { named: undefined, found: { kind: 'none' } }],
    ['one of several', 'warning', { named: undefined, found: { kind: 'several', vms: [vm('0a'), vm('0b')] } }],
  ])('%s: %s', (_what, status, asked) => {
    expect(judgeOmaVm(asked)).toMatchObject({ status });
  });
});

test.each<[string, Check['status'], Parameters<typeof judgeOffering>[0]]>([
  ['none chosen', 'warning', { named: undefined, offering: undefined }],
  ['not there', 'fail', { named: 'x', offering: undefined }],
  ['of a fixed size', 'fail', { named: 'x', offering: { id: 'x', name: 'Small', customized: false } }],
  ['customised', 'pass', { named: 'x', offering: { id: 'x', name: 'Custom', customized: true } }],
])('a compute offering, %s: %s', (_what, status, asked) => {
  expect(judgeOffering(asked)).toMatchObject({ status });
});

test.each<[string, Check['status'], { account: string | undefined; domainId?: string }]>([
  ['the same', 'pass', { account: 'migrate', domainId: 'd1' }],
  ['the same, where CloudStack does not tell the domain', 'pass', { account: 'migrate' }],
  ['another', 'fail', { account: 'admin', domainId: 'd1' }],
  ['one of the same name in another domain', 'fail', { account: 'migrate', domainId: 'd2' }],
  ['unknown', 'warning', { account: undefined }],
])('the account of the VM is %s: %s', (_what, status, of) => {
  const asked = { own: { name: 'migrate', domainId: 'd1' }, vm: { name: 'oma', ...of } };
  expect(judgeAccount(asked)).toMatchObject({ status });
});

test.each<[string, Check['status'], Parameters<typeof judgeNetwork>[0]]>([
  ['none chosen', 'warning', { named: undefined, network: undefined }],
  ['not there', 'fail', { named: 'n', network: undefined }],
  ['in use', 'pass', { named: 'n', network: { id: 'n', name: 'lan', state: 'Implemented' } }],
  ['not used yet', 'pass', { named: 'n', network: { id: 'n', name: 'lan', state: 'Allocated' } }],
  ['shut down', 'fail', { named: 'n', network: { id: 'n', name: 'lan', state: 'Shutdown' } }],
])('a network, %s: %s', (_what, status, asked) => {
  expect(judgeNetwork(asked)).toMatchObject({ status });
});

test('the whole is as good as its worst check, and a skipped one leaves a doubt', () => {
  const pass: Check = { status: 'pass', message: '' };
  const all = { omaVmDetection: pass, computeOffering: pass, accountMatch: pass, networkSelection: pass };
  expect(overallOf(all)).toBe('pass');
  expect(overallOf({ ...all, accountMatch: accountUnknown })).toBe('warning');
  expect(overallOf({ ...all, accountMatch: accountUnknown, computeOffering: { status: 'fail', message: '' } })).toBe(
    'fail',
  );
});

test('templates are offered when they are ready and below 2 GiB', () => {
  expect(isOffered({ ready: true, sizeBytes: 2 * GiB - 1 })).toBe(true);
  expect(isOffered({ ready: true, sizeBytes: 2 * GiB })).toBe(false);
  expect(isOffered({ ready: false, sizeBytes: GiB })).toBe(false);
  expect(isOffered({ ready: true, sizeBytes: undefined })).toBe(false);
});
