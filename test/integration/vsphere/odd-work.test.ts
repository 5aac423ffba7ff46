import { describe, expect, test } from '@jest/globals';
import { queryChangedAreas } from '../../../src/vsphere/changed-areas.ts';
import { readPower, shutDownGuest } from '../../../src/vsphere/power.ts';
import { hasReverted } from '../../../src/vsphere/reverts.ts';
import { VsphereSession } from '../../../src/vsphere/session.ts';
import { createSnapshot, listSnapshots, removeSnapshot } from '../../../src/vsphere/snapshots.ts';
import { runTask, type TaskOptions } from '../../../src/vsphere/task.ts';
import { faultOf, OddVcenter } from '../../support/odd-vcenter.ts';
import { ScriptedVcenter, TASK_DONE, TASK_FAILED, TASK_RUNNING } from '../../support/scripted-vcenter.ts';
import { until } from '../../support/until.ts';

const VM = { type: 'VirtualMachine', id: 'vm-1' };
const SNAPSHOT = { type: 'VirtualMachineSnapshot', id: 'snapshot-7' };
const SPEC = { name: 'n', description: 'd', quiesce: true, pollMs: 5 };
const POWER_ON = { method: 'PowerOnVM_Task', target: VM, parts: [] };

async function outcome(script: ScriptedVcenter, options: TaskOptions = {}): Promise<unknown> {
  await using vcenter = await OddVcenter.start();
  await using session = await VsphereSession.open(vcenter.settings());
  vcenter.oddity = script.oddity;
  return await runTask(session, POWER_ON, { pollMs: 5, ...options }).catch((thrown: unknown) => thrown);
}

describe('a task', () => {
  test('is waited for, and tells how far it is', async () => {
    const seen: number[] = [];
    const script = new ScriptedVcenter({ tasks: [[TASK_RUNNING(10), TASK_RUNNING(60), TASK_DONE()]] });

    await expect(outcome(script, { onProgress: (percent) => seen.push(percent) })).resolves.toBeUndefined();
    expect(seen).toEqual([10, 60]);
  });

  test('that failed gives its fault by the table', async () => {
    const script = new ScriptedVcenter({ tasks: [[TASK_RUNNING(0), TASK_FAILED('FileLocked')]] });

    expect(await outcome(script)).toMatchObject({ code: 'vsphere.file-locked', kind: 'busy' });
  });

  test('is looked at again when looks fail for a while, and when the session ends in between', async () => {
    const script = new ScriptedVcenter({
      tasks: [['unavailable', 'garbage', 'hang-up', 'session-ended', TASK_DONE()]],
    });

    expect(await outcome(script)).toBeUndefined();
    expect(script.count('PowerOnVM_Task')).toBe(1);
  });

  test('that vcenter has forgotten is not waited for, and is not said to have found nothing to work on', async () => {
    const script = new ScriptedVcenter({ tasks: [[TASK_RUNNING(0), 'gone']] });

    expect(await outcome(script)).toMatchObject({
      code: 'vsphere.task-unseen',
      retry: 'backoff',
      details: { task: 'task-1', method: 'PowerOnVM_Task', refusal: 'vsphere.not-found' },
    });
  });

  test.each([
    ['does not end', [TASK_RUNNING(50)]],
    ['cannot be looked at any more', ['unavailable']],
  ] as const)('that %s is given up at the deadline, not stopped', async (_what, looks) => {
    const script = new ScriptedVcenter({ tasks: [looks] });

    expect(await outcome(script, { timeoutMs: 100 })).toMatchObject({
      code: 'vsphere.task-timeout',
      details: { task: 'task-1', method: 'PowerOnVM_Task' },
    });
    expect(script.count('CancelTask')).toBe(0);
  });

  test('is asked to stop when whoever waits goes away, and gives their reason', async () => {
    const script = new ScriptedVcenter({ tasks: [[TASK_RUNNING(50)]] });
    const control = new AbortController();
    const waiting = outcome(script, { signal: control.signal });
    await until(() => script.count('RetrievePropertiesEx') > 1, { withinMs: 30_000, what: 'a second look' });
    control.abort(new Error('of the caller'));

    expect(await waiting).toMatchObject({ message: 'of the caller' });
    expect(script.count('CancelTask')).toBe(1);
  });
});

async function withSnapshots<T>(script: ScriptedVcenter, work: (session: VsphereSession) => Promise<T>): Promise<T> {
  await using vcenter = await OddVcenter.start();
  await using session = await VsphereSession.open(vcenter.settings());
  vcenter.oddity = script.oddity;
  return await work(session);
}

describe('a snapshot of a guest with tools', () => {
  const power = { 'runtime.powerState': 'poweredOn', 'guest.toolsRunningStatus': 'guestToolsRunning' };

  test('brings the guest to rest', async () => {
    const script = new ScriptedVcenter({ properties: power, tasks: [[TASK_DONE(SNAPSHOT)]] });

    const made = await withSnapshots(script, (session) => createSnapshot(session, VM, SPEC));

    expect(made).toEqual({ ref: SNAPSHOT, isQuiesced: true });
    expect(script.bodies('CreateSnapshot_Task')[0]).toContain('<memory>false</memory><quiesce>true</quiesce>');
  });

  test.each(['ApplicationQuiesceFault', 'FilesystemQuiesceFault', 'ToolsUnavailable', 'SnapshotFault'])(
    'is taken once more without that after %s, and what was left behind goes first',
    async (fault) => {
      const left = { ref: { ...SNAPSHOT, id: 'snapshot-6' }, name: 'n', description: 'd' };
      const others = { ref: { ...SNAPSHOT, id: 'snapshot-5' }, name: 'n', description: 'of somebody' };
      const script = new ScriptedVcenter({
        properties: power,
        snapshots: [others, left],
        tasks: [[TASK_FAILED(fault)], [TASK_DONE()], [TASK_DONE(SNAPSHOT)]],
      });

      const made = await withSnapshots(script, (session) => createSnapshot(session, VM, SPEC));

      expect(made).toEqual({ ref: SNAPSHOT, isQuiesced: false });
      expect(script.started).toEqual(['CreateSnapshot_Task', 'RemoveSnapshot_Task', 'CreateSnapshot_Task']);
      expect(script.bodies('RemoveSnapshot_Task')[0]).toContain('>snapshot-6<');
      expect(script.bodies('CreateSnapshot_Task')[1]).toContain('<quiesce>false</quiesce>');
    },
  );

  test.each(['NoDiskSpace', 'NoPermission', 'TaskInProgress'])('is not tried again after %s', async (fault) => {
    const script = new ScriptedVcenter({ properties: power, tasks: [[TASK_FAILED(fault)]] });
    const making = withSnapshots(script, (session) => createSnapshot(session, VM, SPEC));

    await expect(making).rejects.toMatchObject({ name: 'AppError' });
    expect(script.started).toEqual(['CreateSnapshot_Task']);
  });

  test('is not said to be there when vcenter does not say which', async () => {
    const script = new ScriptedVcenter({ properties: power, tasks: [[TASK_DONE()]] });
    const making = withSnapshots(script, (session) => createSnapshot(session, VM, SPEC));

    await expect(making).rejects.toMatchObject({ code: 'vsphere.bad-answer' });
  });
});

describe('snapshots', () => {
  test('that may not be shown are not said to be none', async () => {
    const script = new ScriptedVcenter({ unreadable: ['snapshot'] });

    await expect(withSnapshots(script, (session) => listSnapshots(session, VM))).rejects.toMatchObject({
      code: 'vsphere.bad-answer',
    });
  });

  test('that vcenter cannot remove are an error', async () => {
    const script = new ScriptedVcenter({ tasks: [[TASK_FAILED('TaskInProgress')]] });
    const removal = withSnapshots(script, (session) => removeSnapshot(session, SNAPSHOT, { pollMs: 5 }));

    await expect(removal).rejects.toMatchObject({ code: 'vsphere.task-in-progress', retry: 'backoff' });
    expect(script.bodies('RemoveSnapshot_Task')[0]).toContain(
      '<removeChildren>false</removeChildren><consolidate>true</consolidate>',
    );
  });
});

describe('the removal of a snapshot', () => {
  test('whose task vcenter has forgotten is not said to be done', async () => {
    const script = new ScriptedVcenter({ tasks: [[TASK_RUNNING(0), 'gone']] });
    const removal = withSnapshots(script, (session) => removeSnapshot(session, SNAPSHOT, { pollMs: 5 }));

    await expect(removal).rejects.toMatchObject({ code: 'vsphere.task-unseen' });
  });
});

describe('changed areas', () => {
  const query = { vm: VM, snapshot: SNAPSHOT, deviceKey: 2000, startOffset: 2 ** 42, changeId: '52 de/7' };

  test('are told as vcenter tells them, also beyond 4 GiB', async () => {
    const info =
      '<startOffset>4398046511104</startOffset><length>8796093022208</length>' +
      '<changedArea><start>4398046511104</start><length>65536</length></changedArea>' +
      '<changedArea><start>8796093000000</start><length>512</length></changedArea>';
    const script = new ScriptedVcenter({ answers: { QueryChangedDiskAreas: `<returnval>${info}</returnval>` } });

    await expect(withSnapshots(script, (session) => queryChangedAreas(session, query))).resolves.toEqual({
      startOffset: 2 ** 42,
      length: 2 ** 43,
      changedArea: [
        { start: 2 ** 42, length: 65_536 },
        { start: 8_796_093_000_000, length: 512 },
      ],
    });
    expect(script.bodies('QueryChangedDiskAreas')[0]).toContain(
      '<snapshot type="VirtualMachineSnapshot">snapshot-7</snapshot><deviceKey>2000</deviceKey>' +
        '<startOffset>4398046511104</startOffset><changeId>52 de/7</changeId>',
    );
  });

  test.each([
    ['a number that is not exact', '<startOffset>9007199254740993</startOffset><length>1</length>'],
    ['no length', '<startOffset>0</startOffset>'],
    ['no number', '<startOffset>0</startOffset><length>many</length>'],
  ])('with %s are refused', async (_what, info) => {
    const script = new ScriptedVcenter({ answers: { QueryChangedDiskAreas: `<returnval>${info}</returnval>` } });

    await expect(withSnapshots(script, (session) => queryChangedAreas(session, query))).rejects.toMatchObject({
      code: 'vsphere.bad-answer',
    });
  });

  test('of a changeId that means nothing to the disk are a fault', async () => {
    const script = new ScriptedVcenter({ faults: { QueryChangedDiskAreas: faultOf('FileFault') } });

    await expect(withSnapshots(script, (session) => queryChangedAreas(session, query))).rejects.toMatchObject({
      code: 'vsphere.file-fault',
    });
  });
});

describe('a guest that is asked to shut down', () => {
  const on = { 'runtime.powerState': 'poweredOn', 'runtime.bootTime': '2026-11-22T10:00:00Z' };

  test('and does not care is waited for until the time is over', async () => {
    const script = new ScriptedVcenter({ properties: on });
    const options = { timeoutMs: 60, pollMs: 5 };

    await expect(withSnapshots(script, (session) => shutDownGuest(session, VM, options))).resolves.toBe('timed-out');
    await expect(withSnapshots(script, (session) => readPower(session, VM))).resolves.toEqual({
      powerState: 'poweredOn',
      toolsStatus: undefined,
      bootTime: new Date('2026-11-22T10:00:00Z'),
    });
  });

  test('and has nobody to hear it is an error at once', async () => {
    const script = new ScriptedVcenter({ faults: { ShutdownGuest: faultOf('ToolsUnavailable') } });

    await expect(
      withSnapshots(script, (session) => shutDownGuest(session, VM, { timeoutMs: 60_000 })),
    ).rejects.toMatchObject({ code: 'vsphere.tools-unavailable' });
  });
});

describe('a revert', () => {
  const event = (type: string, inner: string): string =>
    `<returnval xsi:type="${type}"><key>1</key><createdTime>2026-11-22T10:00:00Z</createdTime>${inner}</returnval>`;
  const task = (id: string): string => event('TaskEvent', `<info><descriptionId>${id}</descriptionId></info>`);
  const CREATED = task('VirtualMachine.createSnapshot');
  const ask = (script: ScriptedVcenter): Promise<boolean | undefined> =>
    withSnapshots(script, (session) => hasReverted(session, VM, { since: new Date('2026-11-21T00:00:00Z') }));

  test.each<[string, string, boolean | undefined]>([
    ['nothing', '', false],
    ['other tasks', CREATED, false],
    ['a revert to a snapshot', CREATED + task('vm.Snapshot.revert'), true],
    ['a revert to a snapshot, under its long name', task('vim.vm.Snapshot.revert'), true],
    ['a revert to the current snapshot', task('VirtualMachine.revertToCurrentSnapshot'), true],
    [
      'the event of a revert',
      event('EventEx', '<eventTypeId>com.vmware.vc.vm.VmStateRevertedToSnapshot</eventTypeId>'),
      true,
    ],
    ['more tasks than vcenter gives at once', CREATED.repeat(1000), undefined],
  ])('is seen in events: %s', async (_what, events, expected) => {
    const script = new ScriptedVcenter({ answers: { QueryEvents: events } });

    await expect(ask(script)).resolves.toBe(expected);
    expect(script.bodies('QueryEvents')[0]).toContain(
      '<entity><entity type="VirtualMachine">vm-1</entity><recursion>self</recursion></entity>' +
        '<time><beginTime>2026-11-21T00:00:00.000Z</beginTime></time>',
    );
  });

  test('is not known where events may not be read', async () => {
    await expect(
      ask(new ScriptedVcenter({ faults: { QueryEvents: faultOf('NoPermission') } })),
    ).resolves.toBeUndefined();
  });

  test('is not said to be unknown while vcenter is away', async () => {
    await expect(ask(new ScriptedVcenter({ answers: { QueryEvents: '<' } }))).rejects.toMatchObject({
      code: 'vsphere.bad-answer',
    });
  });
});
