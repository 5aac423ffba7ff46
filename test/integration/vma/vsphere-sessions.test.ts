import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KiB, MiB } from '../../../src/base/units.ts';
import type { SourceSession } from '../../../src/vma/contract.ts';
import { areasOf, filesBelow, readExport, run, until, uriOf } from '../../support/vma-stand.ts';
import { commandLinesWith, hashOfExport, SourceStand } from '../../support/source-stand.ts';

let stand: SourceStand;
beforeAll(async () => {
  stand = await SourceStand.start();
});
afterAll(() => stand[Symbol.asyncDispose]());
afterEach(async () => {
  stand.control.faults.clear();
  for (const session of await stand.vma.client.listSessions()) await end(session);
  await stand.untilNothingOwed();
});

const end = (session: SourceSession): Promise<void> =>
  stand.vma.client.endSession(session.session_id, { epoch: session.epoch, committed: true });

const create: SourceStand['vma']['client']['createSession'] = (request) => stand.vma.client.createSession(request);

const diskOf = (session: SourceSession, key: number): SourceSession['disks'][number] => {
  const disk = session.disks.find(({ disk_id: id }) => id === `disk-${key}`);
  if (disk === undefined) throw new Error(`no disk ${key}`);
  return disk;
};

describe('a source session of kind vsphere', () => {
  test('serves all disks from one snapshot of ours, and nothing of it is left when it ends', async () => {
    const vm = await stand.newVm();
    const session = await create(stand.request(vm));
    const [snapshot, ...others] = stand.control.vm(vm).snapshots;
    expect(others).toEqual([]);
    expect(snapshot?.name).toBe(`migratekit-job-of-${vm}-1`);
    expect(snapshot?.description).toMatch(new RegExp(`^migratekit/test/job-of-${vm}/1\n`));
    const ref = snapshot?.id ?? '';
    const row = stand.control.vm(vm);

    await stand.write(vm, 2000, { offset: 0, text: 'written after the snapshot' });

    expect(await hashOfExport(session, 'disk-2000')).toBe(await stand.control.hashOf(ref, 2000));
    expect(await hashOfExport(session, 'disk-2001')).toBe(await stand.control.hashOf(ref, 2001));
    expect(session).toMatchObject({ kind: 'vsphere', snapshot: `migratekit/test/job-of-${vm}/1`, alarms: [] });
    expect(session.facts).toMatchObject({
      instance_uuid: row.instanceUuid,
      vm_ref: row.id,
      snapshot_ref: ref,
      other_snapshot_ids: [],
      has_reverted: false,
      is_quiesced: true,
      other_disk_ids: [],
    });
    expect(diskOf(session, 2001)).toMatchObject({
      capacity_bytes: 4 * MiB + 512,
      limits: { host: row.host, max_request_bytes: 2 * MiB, max_connections: 4 },
      facts: { key: 2001, backing: 'flat', disk_mode: 'persistent', is_shared: false, is_in_use_map_whole: false },
    });
    expect(await commandLinesWith(session.session_id)).not.toEqual([]);

    await end(session);

    expect(stand.snapshotsOf(vm)).toEqual([]);
    expect(await commandLinesWith(session.session_id)).toEqual([]);
    expect(await readdir(stand.vma.config.runDir)).toEqual([]);
    expect(await filesBelow(join(stand.vma.config.stateDir, 'snapshots'))).toEqual([]);
  });

  test('the export is read-only, has a name that others do not answer to, and tells of the largest read', async () => {
    const session = await create(stand.request(await stand.newVm()));
    const uri = uriOf(session);
    const info = JSON.parse((await run('nbdinfo', ['--json', uri])).stdout) as { exports: Record<string, unknown>[] };
    expect(info.exports[0]).toMatchObject({ is_read_only: true, block_size_maximum: 2 * MiB });
    await expect(run('nbdinfo', ['--size', uri.replace('disk-2000', 'disk-2001')])).rejects.toThrow(/no export named/);
    const all = await Promise.all(Array.from({ length: 10 }, () => readExport(session)));
    expect(new Set(all.map((bytes) => bytes.toString('base64'))).size).toBe(1);
  });

  test('switches change tracking on once, with a stun; the next session tells what changed since the one before', async () => {
    const vm = await stand.newVm();
    const first = await create(stand.request(vm));
    expect(stand.control.vm(vm).isTrackingEnabled).toBe(true);
    expect(first.facts?.tracking_fault).toMatchObject({ code: 'cbt.just-enabled' });
    const changeId = diskOf(first, 2000).change_id;
    expect(changeId).toMatch(/^.+\/\d+$/);
    await end(first);
    await stand.write(vm, 2000, { offset: 1 * MiB, text: 'between the two' });

    const disks = [{ disk_id: 'disk-2000', change_id: changeId ?? '' }, { disk_id: 'disk-2001' }];
    const second = await create(stand.request(vm, { job_id: 'the-next', disks }));
    expect(second.facts?.tracking_fault).toBeNull();
    expect(diskOf(second, 2000)).toMatchObject({ mode: 'incremental' });
    expect(await areasOf(stand.vma.client, second)).toEqual([{ offset: 1 * MiB, length: 64 * KiB }]);
    const inUse: unknown[] = [];
    const { client } = stand.vma;
    for await (const area of client.areas(second.session_id, 'disk-2000', { of: 'in-use' })) inUse.push(area);
    expect(inUse).toContainEqual({ offset: 64 * KiB, length: 64 * KiB });
    const none = client.areas(second.session_id, 'disk-2001', { of: 'changes' })[Symbol.asyncIterator]().next();
    await expect(none).rejects.toMatchObject({ code: 'areas.no-change-id' });
  });

  test('is adopted by a higher epoch with its snapshot, also with other change ids, and shuts out a lower one', async () => {
    const vm = await stand.newVm();
    const first = await create(stand.request(vm));
    const disks = [{ disk_id: 'disk-2000', change_id: 'aa/1' }, { disk_id: 'disk-2001' }];
    const adopted = await create(stand.request(vm, { epoch: 4, credentials: null, disks }));
    expect(adopted).toMatchObject({ session_id: first.session_id, snapshot: first.snapshot, epoch: 4 });
    expect(adopted.disks.map((disk) => disk.mode)).toEqual(['incremental', 'full']);
    await expect(create(stand.request(vm, { epoch: 3 }))).rejects.toMatchObject({ code: 'session.stale-epoch' });
    expect(stand.snapshotsOf(vm)).toHaveLength(1);
  });

  test('is made anew for a higher epoch when somebody has removed its snapshot', async () => {
    const vm = await stand.newVm();
    const first = await create(stand.request(vm));
    await stand.control.removeSnapshot(vm, first.facts?.snapshot_ref ?? '');
    const second = await create(stand.request(vm, { epoch: 2 }));
    expect(second.session_id).not.toBe(first.session_id);
    expect(stand.snapshotsOf(vm)).toEqual([`migratekit-job-of-${vm}-2`]);
  });

  test('does not wait for a disk to be served whose snapshot somebody removed while it was made', async () => {
    const vm = await stand.newVm();
    const asked = stand.request(vm, { since: new Date().toISOString() });
    // The last call before the disks are served; the snapshot was seen by then.
    stand.control.faults.add({ method: 'QueryEvents', kind: 'delay', ms: 500 });
    const lost = create(asked).catch((thrown: unknown) => thrown);
    await until(() => stand.control.faults.pending().length === 0);
    await stand.control.removeSnapshot(vm, stand.control.vm(vm).snapshots[0]?.id ?? '');
    expect(await lost).toMatchObject({ code: 'session.snapshot-gone' });
    expect((await create(asked)).disks).toHaveLength(2);
  });

  test('the VMs of one ESXi host share its connections, across a restart; what has none left waits, without a snapshot', async () => {
    const small = await SourceStand.start({}, {}, { hostConnections: 4 });
    try {
      const [first, second, third] = [await small.newVm(), await small.newVm(), await small.newVm()];
      const one = await small.vma.client.createSession(small.request(first));
      expect(one.disks.map(({ limits }) => limits.max_connections)).toEqual([1, 1]);
      await small.vma.client.createSession(small.request(second));
      await small.vma.restart();
      await expect(small.vma.client.createSession(small.request(third))).rejects.toMatchObject({
        code: 'session.host-busy',
        retry: 'later',
      });
      expect(small.snapshotsOf(third)).toEqual([]);
      await small.vma.client.endSession(one.session_id, { epoch: 1, committed: true });
      expect((await small.vma.client.createSession(small.request(third))).disks).toHaveLength(2);
    } finally {
      await small[Symbol.asyncDispose]();
    }
  });

  test('two jobs do not get one VM, by whatever name; two VMs of one path at two vcenters are two', async () => {
    const vm = await stand.newVm();
    const { instanceUuid } = stand.control.vm(vm);
    await create(stand.request(vm));
    const again = stand.request(vm, { job_id: 'another', instance_uuid: instanceUuid, vm: '/by/another/path' });
    await expect(create(again)).rejects.toMatchObject({ code: 'session.vm-busy' });
    await using other = await SourceStand.start();
    await other.newVm();
    other.control.edit('vm-1', (row) => (row.name = vm));
    const there = await other.vma.client.createSession(other.request(vm));
    expect(there.facts?.vcenter_uuid).not.toBe((await stand.listed()).sessions[0]?.facts?.vcenter_uuid);
  });

  test('leaves snapshots of others alone, tells of them, and does not switch tracking on while they are there', async () => {
    const vm = await stand.newVm();
    const foreign = await stand.control.snapshot(vm, {
      name: `migratekit-job-of-${vm}-1`,
      description: 'not what we write',
    });
    const session = await create(stand.request(vm));
    expect(session.facts).toMatchObject({
      other_snapshot_ids: [foreign.id],
      tracking_fault: { code: 'cbt.snapshots-forbid' },
    });
    expect(stand.control.vm(vm).isTrackingEnabled).toBe(false);
    expect(diskOf(session, 2000).change_id).toBeNull();
    await end(session);
    expect(stand.control.vm(vm).snapshots.map(({ id }) => id)).toEqual([foreign.id]);
  });

  test('tells of a revert since the time that it is asked about', async () => {
    const vm = await stand.newVm();
    const since = new Date(Date.now() - 60_000).toISOString();
    const foreign = await stand.control.snapshot(vm, { name: 'before the update' });
    const before = await create(stand.request(vm, { since }));
    expect(before.facts?.has_reverted).toBe(false);
    await end(before);
    await stand.control.revert(vm, foreign.id);
    await stand.control.removeSnapshot(vm, foreign.id);
    expect((await create(stand.request(vm, { since, job_id: 'after' }))).facts?.has_reverted).toBe(true);
  });

  test('a disk that was not asked for is named', async () => {
    const session = await create(stand.request(await stand.newVm(), { disks: [{ disk_id: 'disk-2001' }] }));
    expect(session.facts?.other_disk_ids).toEqual(['disk-2000']);
  });

  test('a guest that cannot be brought to rest is taken as after a power cut', async () => {
    const vm = await stand.newVm();
    stand.control.faults.add({ method: 'CreateSnapshot_Task', kind: 'task-quiesce-fails' });
    expect((await create(stand.request(vm))).facts?.is_quiesced).toBe(false);
    expect(stand.snapshotsOf(vm)).toHaveLength(1);
  });

  test('disks that wait to be consolidated are, before anything else', async () => {
    const vm = await stand.newVm();
    stand.control.edit(vm, (row) => (row.isConsolidationNeeded = true));
    await create(stand.request(vm));
    expect(stand.control.vm(vm).isConsolidationNeeded).toBe(false);
  });

  test('the access to vcenter rests sealed, for the owner of the VMA alone, and is in no record and no command line', async () => {
    const session = await create(stand.request(await stand.newVm()));
    const files = await filesBelow(stand.vma.config.stateDir);
    const order = files.find((path) => path.endsWith(`snapshots/${session.session_id}.json`)) ?? '';
    expect((await stat(order)).mode & 0o077).toBe(0);
    const password = stand.access.password;
    // The place where it is, were it not sealed.
    expect(await readFile(order, 'utf8')).toMatch(/"access": "v1\./);
    for (const path of files) expect((await readFile(path)).includes(password)).toBe(false);
    expect(await commandLinesWith(password)).toEqual([]);
  });
});

describe('what makes a snapshot impossible or unsafe is refused before anything is done to the VM', () => {
  type Edit = Parameters<SourceStand['control']['edit']>[1];
  const cases: [string, Edit, object][] = [
    ['a template', (row) => (row.isTemplate = true), { code: 'source.vm-template', kind: 'precondition' }],
    ['a VM without host', (row) => (row.connectionState = 'disconnected'), { code: 'source.vm-inaccessible' }],
    [
      'an independent disk',
      (row) => row.disks.forEach((disk) => (disk.diskMode = 'independent_persistent')),
      { code: 'cbt.mode-unsupported', kind: 'precondition' },
    ],
    ['a shared disk', (row) => row.disks.forEach((disk) => (disk.isShared = true)), { code: 'cbt.shared' }],
    ['a disk that is gone', (row) => row.disks.pop(), { code: 'source.disk-unknown', kind: 'not-found' }],
  ];
  test.each(cases)('%s', async (_name, edit, error) => {
    const vm = await stand.newVm();
    stand.control.edit(vm, edit);
    await expect(create(stand.request(vm))).rejects.toMatchObject(error);
    expect(stand.snapshotsOf(vm)).toEqual([]);
    expect((await stand.listed()).removals).toEqual([]);
  });

  test('a datastore that is nearly full', async () => {
    const vm = await stand.newVm();
    const { datastore } = stand.control.vm(vm);
    stand.control.setFreeBytes(datastore, 1);
    await expect(create(stand.request(vm))).rejects.toMatchObject({ code: 'source.datastore-full' });
    stand.control.setFreeBytes(datastore, 3_000_000_000_000);
  });

  test('another VM in the place of the one that is meant', async () => {
    const vm = await stand.newVm();
    const { biosUuid, instanceUuid } = stand.control.vm(vm);
    const strange = '42000000-0000-4000-8000-000000000000';
    await expect(create(stand.request(vm, { bios_uuid: strange }))).rejects.toMatchObject({ code: 'source.other-vm' });
    await expect(create(stand.request(vm, { instance_uuid: strange }))).rejects.toMatchObject({
      code: 'vsphere.vm-unknown',
      kind: 'not-found',
    });
    await create(stand.request(vm, { bios_uuid: biosUuid.toUpperCase(), instance_uuid: null }));
    expect((await stand.listed()).sessions[0]?.facts?.instance_uuid).toBe(instanceUuid);
  });

  test('no credentials, wrong ones, and disks without a key', async () => {
    const vm = await stand.newVm();
    await expect(create(stand.request(vm, { credentials: null }))).rejects.toMatchObject({
      code: 'session.credentials-needed',
    });
    const wrong = { ...stand.access, password: 'not the one' };
    await expect(create(stand.request(vm, { credentials: wrong }))).rejects.toMatchObject({
      code: 'vsphere.invalid-login',
      kind: 'not-allowed',
    });
    await expect(create(stand.request(vm, { disks: [{ disk_id: 'scsi0:0' }] }))).rejects.toMatchObject({
      code: 'request.invalid',
    });
  });
});

describe('questions for areas', () => {
  async function tracked(): Promise<{ vm: string; session: SourceSession }> {
    const vm = await stand.newVm();
    const first = await create(stand.request(vm));
    await end(first);
    await stand.write(vm, 2000, { offset: 2 * MiB, text: 'later' });
    const disks = first.disks.map(({ disk_id: diskId, change_id: id }) => ({ disk_id: diskId, change_id: id ?? '' }));
    return { vm, session: await create(stand.request(vm, { job_id: 'later', disks })) };
  }

  test('a vcenter session that ended in between is begun again at the same place', async () => {
    const { session } = await tracked();
    stand.control.expireSessions();
    expect(await areasOf(stand.vma.client, session)).toEqual([{ offset: 2 * MiB, length: 64 * KiB }]);
  });

  test('an empty page is a page, and is not the end', async () => {
    const { session } = await tracked();
    stand.control.faults.add({ method: 'QueryChangedDiskAreas', kind: 'areas-empty' });
    expect(await areasOf(stand.vma.client, session)).toEqual([{ offset: 2 * MiB, length: 64 * KiB }]);
    expect(stand.control.faults.pending()).toEqual([]);
  });

  test.each(['areas-misplaced', 'areas-overlapping', 'areas-short', 'areas-outside'] as const)(
    'an answer that cannot be believed is refused: %s',
    async (kind) => {
      const { session } = await tracked();
      stand.control.faults.add({ method: 'QueryChangedDiskAreas', kind });
      await expect(areasOf(stand.vma.client, session)).rejects.toMatchObject({
        code: expect.stringMatching(/^cbt\.areas-/),
      });
    },
  );

  test('a refusal keeps its code', async () => {
    const { vm, session } = await tracked();
    await stand.control.damageTracking(vm, 2000, 'file-fault');
    await expect(areasOf(stand.vma.client, session)).rejects.toMatchObject({ code: 'vsphere.file-fault' });
    await stand.control.removeSnapshot(vm, session.facts?.snapshot_ref ?? '');
    await expect(areasOf(stand.vma.client, session, 'disk-2001')).rejects.toMatchObject({ code: 'vsphere.not-found' });
  });

  test('a cursor that is none of the disk is refused', async () => {
    const { session } = await tracked();
    for (const cursor of ['-1', '100', String(4 * MiB), 'x']) {
      const path = `/api/v1/source-sessions/${session.session_id}/disks/disk-2000/areas?cursor=${cursor}`;
      const headers = { authorization: `Bearer ${stand.vma.config.token?.reveal() ?? ''}` };
      const response = await fetch(`${stand.vma.url}${path}`, { headers });
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
        400,
        'areas.cursor-invalid',
      ]);
    }
  });
});
