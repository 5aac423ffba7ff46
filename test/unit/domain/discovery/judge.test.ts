import { describe, expect, test } from '@jest/globals';
import { judgeInventory, type FoundVm, type KnownVm } from '../../../../src/domain/discovery/judge.ts';

const VCENTER = { host: 'vc1.example.com', instanceUuid: 'vc-uuid-1' };

const found = (name: string, change: Partial<FoundVm> = {}): FoundVm => ({
  instanceUuid: `i-${name}`,
  biosUuid: `b-${name}`,
  name,
  path: `/DC/vm/${name}`,
  fault: null,
  ...change,
});

const known = (name: string, change: Partial<KnownVm> = {}): KnownVm => ({
  contextId: `ctx-${name}`,
  vmName: name,
  vmPath: `/DC/vm/${name}`,
  vcenterHost: VCENTER.host,
  vmwareVmId: `b-${name}`,
  instanceUuid: `i-${name}`,
  vcenterInstanceUuid: VCENTER.instanceUuid,
  ...change,
});

/** `state context finding,finding` of each VM. */
const judged = (vms: readonly FoundVm[], contexts: readonly KnownVm[], vcenter = VCENTER): string[] =>
  judgeInventory(vcenter, vms, contexts).map(({ state, known: context, findings }) =>
    [state, context?.contextId ?? '-', findings.map(({ code }) => code).join()].join(' ').trim(),
  );

describe('a VM is', () => {
  test('new where nobody knows it', () => {
    expect(judged([found('web01')], [])).toEqual(['new -']);
  });

  test('known by its instance uuid, whatever it is called now and wherever it lies', () => {
    const renamed = found('web02', { instanceUuid: 'I-WEB01', path: '/DC/vm/old/web02' });
    expect(judged([renamed], [known('web01')])).toEqual(['existing ctx-web01 renamed']);
    expect(judged([found('web01', { path: '/DC/vm/new/web01' })], [known('web01')])).toEqual([
      'existing ctx-web01 moved',
    ]);
  });

  test('another VM where one that was deleted has been made anew under its name', () => {
    const anew = found('web01', { instanceUuid: 'i-other', biosUuid: 'b-other' });
    expect(judged([anew], [known('web01')])).toEqual(['problem - name-taken']);
    expect(judged([{ ...anew, biosUuid: 'b-web01' }], [known('web01')])).toEqual(['problem - name-taken']);
  });

  test('new under a name that a known VM has given up by being renamed', () => {
    const vms = [found('web01-old', { instanceUuid: 'i-web01' }), found('web01', { instanceUuid: 'i-new' })];
    expect(judged(vms, [known('web01')])).toEqual(['existing ctx-web01 renamed', 'new -']);
  });

  test('told apart from one of the same name in another vCenter', () => {
    const elsewhere = known('web01', { vcenterHost: 'vc2.example.com', vcenterInstanceUuid: 'vc-uuid-2' });
    expect(judged([found('web01', { instanceUuid: 'i-here' })], [elsewhere])).toEqual(['new -']);
  });

  test('found again when its vCenter is addressed by another name', () => {
    expect(judged([found('web01')], [known('web01', { vcenterHost: '10.0.0.7' })])).toEqual(['existing ctx-web01']);
  });

  test('still the same behind an address whose vCenter was set up anew, and that is said', () => {
    const before = known('web01', { vcenterInstanceUuid: 'vc-uuid-0' });
    expect(judged([found('web01')], [before])).toEqual(['existing ctx-web01 vcenter-changed']);
  });

  test('no VM to add where vCenter does not tell who it is, or what it is', () => {
    expect(judged([found('a', { instanceUuid: null }), found('b', { fault: 'its host is away' })], [])).toEqual([
      'problem - unidentified',
      'problem - unreadable',
    ]);
  });
});

describe('clones with one BIOS uuid', () => {
  const clones = [found('web01', { biosUuid: 'b' }), found('web02', { biosUuid: 'B' })];

  test('are two VMs, and said to be clones', () => {
    expect(judged(clones, [])).toEqual(['new - duplicate-bios-uuid', 'new - duplicate-bios-uuid']);
    expect(judged(clones, [known('web01', { vmwareVmId: 'b' })])).toEqual([
      'existing ctx-web01 duplicate-bios-uuid',
      'new - duplicate-bios-uuid',
    ]);
  });

  test('are never taken for a VM that was added by hand under that BIOS uuid, unless its name tells which', () => {
    const byHand = known('web02', { vmwareVmId: 'b', instanceUuid: null, vcenterInstanceUuid: null });
    expect(judged(clones, [byHand])).toEqual(['new - duplicate-bios-uuid', 'existing ctx-web02 duplicate-bios-uuid']);
    expect(judged(clones, [{ ...byHand, vmName: 'web09' }])).toEqual([
      'new - duplicate-bios-uuid',
      'new - duplicate-bios-uuid',
    ]);
  });
});

describe('a VM that was added by hand', () => {
  const byHand = known('web01', { vmwareVmId: 'B-WEB01', instanceUuid: null, vcenterInstanceUuid: null });

  test('is found by its BIOS uuid, also when it was renamed', () => {
    expect(judged([found('web01')], [byHand])).toEqual(['existing ctx-web01']);
    expect(judged([found('web07', { biosUuid: 'b-web01' })], [byHand])).toEqual(['existing ctx-web01 renamed']);
  });

  test('is not found in a vCenter of another address', () => {
    expect(judged([found('web01')], [{ ...byHand, vcenterHost: 'vc2' }])).toEqual(['new -']);
  });
});

test('two VMs that have swapped their names are known, and both are told of', () => {
  const vms = [found('a', { instanceUuid: 'i-b' }), found('b', { instanceUuid: 'i-a' })];
  expect(judged(vms, [known('a'), known('b')])).toEqual([
    'existing ctx-b renamed,name-taken',
    'existing ctx-a renamed,name-taken',
  ]);
});
