import { describe, expect, test } from '@jest/globals';
import { parseChangeId } from '../../../../src/domain/cbt/change-id.ts';
import { commitOf } from '../../../../src/domain/cbt/commit.ts';
import type { Target } from '../../../../src/domain/cbt/judge-disk.ts';
import { assertReplicable, judgeVm, type VmVerdict } from '../../../../src/domain/cbt/judge-vm.ts';
import { describeReason, reasonOf } from '../../../../src/domain/cbt/reason.ts';
import type { DiskAtSnapshot, VmAtSnapshot, VmCommit } from '../../../../src/domain/cbt/source-state.ts';
import { planTracking } from '../../../../src/domain/cbt/tracking.ts';
import { fallBack, generationToWrite, type CopyVerdict, type Verdict } from '../../../../src/domain/cbt/verdict.ts';
import { thrownBy } from '../../../support/thrown.ts';

const LINEAGE = '52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63';

const system: DiskAtSnapshot = {
  key: 2000,
  backingUuid: '6000C29a-0',
  objectId: '1-2000',
  fileName: '[ds1] web01/web01.vmdk',
  capacityBytes: 4096,
  changeId: `${LINEAGE}/81`,
  backing: 'flat',
  diskMode: 'persistent',
  isShared: false,
  isInUseMapWhole: false,
};
const data: DiskAtSnapshot = { ...system, key: 2001, backingUuid: '6000C29a-1', objectId: '1-2001' };
const before: VmAtSnapshot = {
  vcenterUuid: 'VC-1',
  instanceUuid: '5005-a',
  snapshotId: 'snapshot-1',
  otherSnapshotIds: [],
  hasReverted: false,
  trackingFault: null,
  disks: [system, data],
};
const flushed = { isComplete: true, isFlushed: true, generation: 3 };
const outcomes = new Map([
  [2000, flushed],
  [2001, flushed],
]);
const known = commitOf(before, { commitId: 'job-1', outcomes });
const target: Target = { generation: 3, isEmpty: false, fullReason: null };
const targets = new Map([
  [2000, target],
  [2001, target],
]);
const order = { targets, forceFull: false };
const later = (change: Partial<DiskAtSnapshot> = {}): DiskAtSnapshot => {
  return { ...system, fileName: '[ds1] web01/web01-000002.vmdk', changeId: `${LINEAGE}/83`, ...change };
};
const now: VmAtSnapshot = { ...before, snapshotId: 'snapshot-2', disks: [later(), data] };
const knownAs = (change: Partial<VmCommit['disks'][number]>): VmCommit => ({
  ...known,
  disks: known.disks.map((disk) => (disk.key === 2000 ? { ...disk, ...change } : disk)),
});

const first = (vm: VmVerdict): Verdict | undefined => vm.disks[0]?.verdict;
const judgeDisk = (change: Partial<DiskAtSnapshot>, commit: VmCommit | undefined = known): Verdict | undefined =>
  first(judgeVm(commit, { ...now, disks: [later(change), data] }, order));
const reason = (code: string): object => expect.objectContaining({ code, text: expect.stringMatching(/./) });

test('a changeId is cut at its last slash, and * is none', () => {
  expect(parseChangeId(`${LINEAGE}/81`)).toEqual({ lineage: LINEAGE, sequence: 81 });
  expect(parseChangeId('a/b/7')).toEqual({ lineage: 'a/b', sequence: 7 });
  for (const text of ['*', '', '/7', 'a/', 'a/b', 'a/-1', 'a/1.5', 'a/1234567890123456', 'a/7 ']) {
    expect(parseChangeId(text)).toBeUndefined();
  }
});

describe('a disk is copied by its changes', () => {
  test('when it is the same disk, of the same size, lineage and target', () => {
    expect(judgeDisk({})).toEqual({ mode: 'incremental', since: `${LINEAGE}/81`, doubt: null });
    expect(judgeDisk({ changeId: system.changeId })).toMatchObject({ mode: 'incremental' });
  });

  test('with the doubt noted when its files were moved', () => {
    const moved = judgeDisk({ fileName: '[ds2] web01/web01.vmdk' });
    expect(moved).toEqual({ mode: 'incremental', since: `${LINEAGE}/81`, doubt: reason('cbt.moved') });
  });

  test('also when only the case of its uuid differs, or its object id', () => {
    expect(judgeDisk({ backingUuid: '6000c29A-0', objectId: '9-2000' })).toMatchObject({ mode: 'incremental' });
  });

  test('on the word of its object id where vSphere has no uuid for it', () => {
    expect(judgeDisk({ backingUuid: null }, knownAs({ backingUuid: null }))).toMatchObject({ mode: 'incremental' });
  });
});

describe('a disk is compared by hash', () => {
  test.each<[string, string, { found?: Partial<DiskAtSnapshot>; commit?: Partial<VmCommit['disks'][number]> }]>([
    ['vSphere gives no changeId', 'cbt.no-change-id', { found: { changeId: null } }],
    ['changes were not tracked at the last commit', 'cbt.was-untracked', { commit: { changeId: null } }],
    ['its tracking was begun anew', 'cbt.lineage-changed', { found: { changeId: '53 00/90' } }],
    ['its changeId went back', 'cbt.sequence-back', { found: { changeId: `${LINEAGE}/80` } }],
    ['its changeId cannot be read', 'cbt.change-id-unreadable', { found: { changeId: 'x' } }],
    ['the committed changeId cannot be read', 'cbt.change-id-unreadable', { commit: { changeId: '*' } }],
    ['it was enlarged', 'cbt.capacity-grown', { found: { capacityBytes: 8192 } }],
    ['its uuid is not told any more', 'cbt.identity-unproven', { found: { backingUuid: null } }],
    [
      'nothing but its key was ever told',
      'cbt.identity-unproven',
      { found: { backingUuid: null, objectId: null }, commit: { backingUuid: null } },
    ],
    ['it was not there at the last commit', 'cbt.missed-commit', { commit: { commitId: 'job-0' } }],
    ['its target is of another generation', 'sync.target-changed', { commit: { generation: 2 } }],
  ])('when %s', (_when, code, { found = {}, commit = {} }) => {
    expect(judgeDisk(found, knownAs(commit))).toEqual({ mode: 'compare', reason: reason(code) });
  });

  test.each<[string, string, { found?: Partial<VmAtSnapshot>; commit?: Partial<VmCommit> }]>([
    ['the VM has a snapshot that is not ours', 'cbt.foreign-snapshot', { found: { otherSnapshotIds: ['s-9'] } }],
    ['it had one at the last commit', 'cbt.snapshot-chain-changed', { commit: { otherSnapshotIds: ['s-9'] } }],
    ['its events tell of a revert', 'cbt.reverted', { found: { hasReverted: true } }],
    ['tracking is off', 'cbt.snapshots-forbid', { found: { trackingFault: reasonOf('cbt.snapshots-forbid') } }],
    ['tracking was just switched on', 'cbt.just-enabled', { found: { trackingFault: reasonOf('cbt.just-enabled') } }],
  ])('and so are all others, when %s', (_when, code, { found, commit }) => {
    const { disks } = judgeVm({ ...known, ...commit }, { ...now, ...found }, order);
    expect(disks.map(({ verdict }) => verdict)).toEqual([1, 2].map(() => ({ mode: 'compare', reason: reason(code) })));
  });
});

describe('a disk is copied in full', () => {
  test('at the first time, also onto a target that an attempt has written', () => {
    const verdict = first(judgeVm(undefined, now, order));
    expect(verdict).toEqual({ mode: 'full', extents: 'whole', reason: reason('sync.first-copy') });
  });

  test.each<[string, string, Partial<DiskAtSnapshot>]>([
    ['another disk has its key', 'cbt.disk-replaced', { backingUuid: '6000C29a-9' }],
    [
      'another disk has its key, and is smaller',
      'cbt.disk-replaced',
      { backingUuid: '6000C29a-9', capacityBytes: 512 },
    ],
    ['it was added', 'cbt.disk-added', { key: 2002 }],
  ])('when %s', (_when, code, found) => {
    expect(judgeDisk(found)).toEqual({ mode: 'full', extents: 'whole', reason: reason(code) });
  });

  test('when it has no uuid, and its object id is another', () => {
    const verdict = judgeDisk({ backingUuid: null, objectId: '1-9' }, knownAs({ backingUuid: null }));
    expect(verdict).toMatchObject({ mode: 'full', reason: reason('cbt.disk-replaced') });
  });

  test('when its target is new, or a full copy was asked for', () => {
    const isNew = { ...order, targets: new Map([[2000, { ...target, generation: 4, isEmpty: true }]]) };
    expect(judgeVm(known, now, isNew).disks.map(({ verdict }) => verdict)).toEqual([
      { mode: 'full', extents: 'whole', reason: reason('sync.target-changed') },
      { mode: 'full', extents: 'whole', reason: reason('sync.target-changed') },
    ]);
    const neverWritten = { ...order, targets: new Map([[2000, { ...target, isEmpty: true }]]) };
    expect(first(judgeVm(known, now, neverWritten))).toMatchObject({ reason: reason('sync.target-empty') });
    expect(first(judgeVm(known, now, { ...order, forceFull: true }))).toMatchObject({
      mode: 'full',
      reason: reason('sync.asked-full'),
    });
  });

  test('by what it uses only where the map of that is known to be whole, and nothing casts doubt on it', () => {
    const extents = (disk: Partial<DiskAtSnapshot>, vm: Partial<VmAtSnapshot> = {}, forceFull = false): unknown =>
      first(
        judgeVm(
          undefined,
          { ...now, ...vm, disks: [later({ isInUseMapWhole: true, ...disk })] },
          { ...order, forceFull },
        ),
      );

    expect(extents({})).toMatchObject({ mode: 'full', extents: 'in-use' });
    const whole = { mode: 'full', extents: 'whole' };
    expect(extents({ isInUseMapWhole: false })).toMatchObject(whole);
    expect(extents({ changeId: null })).toMatchObject(whole);
    expect(extents({}, { otherSnapshotIds: ['s-9'] })).toMatchObject(whole);
    expect(extents({}, { trackingFault: reasonOf('cbt.just-enabled') })).toMatchObject(whole);
    expect(extents({}, {}, true)).toMatchObject(whole);
  });
});

describe('a VM is refused', () => {
  test.each<[string, string, Partial<DiskAtSnapshot>]>([
    ['an independent disk', 'cbt.mode-unsupported', { diskMode: 'independent_persistent' }],
    ['a disk in a mode that nobody knows', 'cbt.mode-unsupported', { diskMode: 'new' }],
    ['a physical RDM', 'cbt.backing-unsupported', { backing: 'rdm-physical' }],
    ['a backing that has no snapshots', 'cbt.backing-unsupported', { backing: 'other' }],
    ['a shared disk', 'cbt.shared', { isShared: true }],
    ['a disk that shrank', 'cbt.capacity-shrunk', { capacityBytes: 2048 }],
  ])('with %s, with all such disks in the details', (_which, code, found) => {
    const verdict = judgeVm(known, { ...now, disks: [data, later(found)] }, order);
    expect(thrownBy(() => assertReplicable(verdict))).toMatchObject({
      code,
      kind: 'precondition',
      hint: expect.any(String),
      details: { disks: [{ key: 2000, reason: expect.stringContaining(`(${code})`) }] },
    });
  });

  test.each<[string, Partial<VmAtSnapshot>]>([
    ['source.other-vm', { instanceUuid: '5005-b' }],
    ['source.other-vcenter', { vcenterUuid: 'VC-2' }],
  ])('that is another one than was replicated: %s', (code, found) => {
    const verdict = judgeVm(known, { ...now, ...found }, order);
    expect(thrownBy(() => assertReplicable(verdict))).toMatchObject({ code, hint: expect.any(String) });
  });

  test('for nothing else, and a virtual RDM is a disk like any other', () => {
    assertReplicable(judgeVm(known, { ...now, instanceUuid: '5005-A', vcenterUuid: 'vc-1' }, order));
    assertReplicable(judgeVm(undefined, { ...now, disks: [later({ backing: 'rdm-virtual' })] }, order));
  });
});

test('a disk that the VM has no more is named, and the others go on', () => {
  const verdict = judgeVm(known, { ...now, disks: [later()] }, order);
  expect(verdict).toMatchObject({ removed: [2001], disks: [{ key: 2000, verdict: { mode: 'incremental' } }] });
});

test('two disks with one key are a mistake of ours', () => {
  expect(thrownBy(() => judgeVm(known, { ...now, disks: [system, system] }, order))).toMatchObject({
    code: 'internal',
  });
});

describe('change tracking', () => {
  const vm = { isSupported: true, isEnabled: false, hasSnapshots: false, needsConsolidation: false };

  test.each<[string, Partial<typeof vm>, [step: string, code: string | undefined]]>([
    ['stays on, also beside snapshots', { isEnabled: true, hasSnapshots: true }, ['keep', undefined]],
    ['is switched on where it is off', {}, ['enable', 'cbt.just-enabled']],
    ['is never switched on beside snapshots', { hasSnapshots: true }, ['without', 'cbt.snapshots-forbid']],
    ['is not switched on before consolidation', { needsConsolidation: true }, ['without', 'cbt.consolidation-needed']],
    ['is not to be had on old hardware', { isSupported: false, isEnabled: true }, ['without', 'cbt.not-supported']],
  ])('%s', (_what, facts, expected) => {
    const plan = planTracking({ ...vm, ...facts });
    expect([plan.step, plan.fault?.code]).toEqual(expected);
  });
});

describe('a commit', () => {
  test('holds the changeIds of all disks of one snapshot, with what the next verdict needs', () => {
    expect(known).toMatchObject({
      commitId: 'job-1',
      snapshotId: 'snapshot-1',
      disks: [
        { key: 2000, changeId: system.changeId, generation: 3, commitId: 'job-1' },
        { key: 2001, changeId: data.changeId, generation: 3, commitId: 'job-1' },
      ],
    });
  });

  test.each<[string, Map<number, typeof flushed>]>([
    ['a disk is missing', new Map([[2000, flushed]])],
    ['a disk is not flushed', new Map(outcomes).set(2001, { ...flushed, isFlushed: false })],
    ['the areas of a disk were not read to the end', new Map(outcomes).set(2001, { ...flushed, isComplete: false })],
    ['a disk is of another VM', new Map([...outcomes].map(([key, outcome]) => [key + 1, outcome]))],
    ['there is none', new Map()],
  ])('is refused when %s', (_when, some) => {
    expect(thrownBy(() => commitOf(before, { commitId: 'job-1', outcomes: some }))).toMatchObject({ code: 'internal' });
  });

  test('has changeIds only where the changes from it on are tracked', () => {
    const changeIds = (fault: VmAtSnapshot['trackingFault']): (string | null)[] =>
      commitOf({ ...before, trackingFault: fault }, { commitId: 'j', outcomes }).disks.map(({ changeId }) => changeId);
    expect(changeIds(reasonOf('cbt.just-enabled'))).toEqual([system.changeId, data.changeId]);
    expect(changeIds(reasonOf('cbt.snapshots-forbid'))).toEqual([null, null]);
  });
});

test('each verdict falls back to one that trusts less, and the last to none', () => {
  const cause = reasonOf('cbt.reverted');
  const why = reasonOf('cbt.disk-added');
  expect(fallBack({ mode: 'incremental', since: 'a/1', doubt: null }, cause)).toEqual({
    mode: 'compare',
    reason: cause,
  });
  expect(fallBack({ mode: 'compare', reason: why }, cause)).toEqual({ mode: 'full', extents: 'whole', reason: why });
  const inUse: CopyVerdict = { mode: 'full', extents: 'in-use', reason: why };
  expect(fallBack(inUse, cause)).toEqual({ ...inUse, extents: 'whole' });
  expect(fallBack({ ...inUse, extents: 'whole' }, cause)).toBeUndefined();
});

test('what is not incremental is written under a generation that no commit knows, once', () => {
  const compare: Verdict = { mode: 'compare', reason: reasonOf('cbt.reverted') };
  const incremental: Verdict = { mode: 'incremental', since: 'a/1', doubt: null };
  expect(generationToWrite(compare, { committed: 3, target: 3 })).toBe(4);
  expect(generationToWrite(compare, { committed: 3, target: 4 })).toBe(4);
  expect(generationToWrite(compare, { committed: null, target: 1 })).toBe(1);
  expect(generationToWrite(incremental, { committed: 3, target: 3 })).toBe(3);
});

test('a reason is stored as a sentence with its code, and leaves room in its column for what became of it', () => {
  const stored = describeReason(reasonOf('cbt.lineage-changed'));
  expect(stored).toMatch(/^change tracking was begun anew .* \(cbt\.lineage-changed\)$/);
  expect(stored.length).toBeLessThan(220);
});
