import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MiB } from '../../../src/base/units.ts';
import { Secret } from '../../../src/config/secrets.ts';
import { createVmaClient } from '../../../src/vma/client.ts';
import {
  areasOf,
  filesBelow,
  rawImage,
  readExport,
  run,
  sessionRequest,
  TOKEN,
  uriOf,
  type VmaStand,
  vmaStand,
  writeAt,
} from '../../support/vma-stand.ts';

let stand: VmaStand;
beforeEach(async () => {
  stand = await vmaStand();
});
afterEach(async () => {
  await stand.close();
});

async function twoDiskVm(name: string): Promise<string> {
  const folder = join(stand.root, name);
  await mkdir(folder);
  await rawImage(join(folder, 'root.img'), 8 * MiB, [{ at: 1 * MiB, bytes: randomBytes(300_000) }]);
  await rawImage(join(folder, 'data.raw'), 4 * MiB, [{ at: 0, bytes: randomBytes(10_000) }]);
  return folder;
}

const bothDisks = [{ disk_id: 'disk-2000' }, { disk_id: 'disk-2001' }];

describe('the life of a source session', () => {
  test('it serves the disks as they were when it was made, until it is ended', async () => {
    const folder = await twoDiskVm('web');
    const vm = await stand.client.folderVm('web');
    expect(vm.disks.map((disk) => [disk.disk_id, disk.file, disk.capacity_bytes])).toEqual([
      ['disk-2000', 'data.raw', 4 * MiB],
      ['disk-2001', 'root.img', 8 * MiB],
    ]);
    const before = await readFile(join(folder, 'root.img'));

    const session = await stand.client.createSession(sessionRequest('web', { disks: bothDisks }));
    await writeAt(join(folder, 'root.img'), 0, Buffer.from('written after the snapshot'));

    expect(session).toMatchObject({ job_id: 'job-1', epoch: 1, kind: 'folder', vm: 'web', snapshot: 'test/job-1/1' });
    expect(session.disks.map((disk) => [disk.disk_id, disk.mode, disk.full_reason])).toEqual([
      ['disk-2000', 'full', null],
      ['disk-2001', 'full', null],
    ]);
    expect((await readExport(session, 'disk-2001')).equals(before)).toBe(true);
    expect(await areasOf(stand.client, session, 'disk-2000')).toEqual([{ offset: 0, length: 65_536 }]);
    expect(await stand.client.getSession(session.session_id)).toMatchObject({ session_id: session.session_id });
    expect((await stand.client.listSessions()).map((one) => one.session_id)).toEqual([session.session_id]);

    await stand.client.endSession(session.session_id, { epoch: 1, committed: true });

    await expect(stand.client.getSession(session.session_id)).rejects.toMatchObject({
      code: 'session.unknown',
      kind: 'not-found',
    });
    await expect(run('nbdinfo', ['--size', uriOf(session)])).rejects.toThrow();
    expect(await filesBelow(stand.config.runDir)).toEqual([]);
    const left = await filesBelow(stand.config.stateDir);
    expect(left.filter((path) => path.endsWith('.raw'))).toEqual([]);
    // A lost answer makes the OMA ask twice.
    await stand.client.endSession(session.session_id, { epoch: 1, committed: true });
  });

  test('the export is read-only and takes many clients at once', async () => {
    await twoDiskVm('web');
    const session = await stand.client.createSession(sessionRequest('web'));
    const uri = uriOf(session);
    const info = JSON.parse((await run('nbdinfo', ['--json', uri])).stdout) as { exports: Record<string, unknown>[] };
    expect(info.exports[0]).toMatchObject({ is_read_only: true, can_multi_conn: true, 'export-size': 4 * MiB });
    const sums = await Promise.all(Array.from({ length: 20 }, () => readExport(session)));
    expect(sums.every((bytes) => bytes.equals(sums[0] ?? Buffer.alloc(0)))).toBe(true);
  });

  test('asking again for the same job finds the same session, also when both ask at once', async () => {
    await twoDiskVm('web');
    const asked = await Promise.all([
      stand.client.createSession(sessionRequest('web')),
      stand.client.createSession(sessionRequest('web')),
    ]);
    const again = await stand.client.createSession(sessionRequest('web'));
    expect(new Set([...asked, again].map((session) => session.session_id)).size).toBe(1);
    expect(again.disks).toEqual(asked[0].disks);
  });

  test('a request that comes after the one that ends its session makes none', async () => {
    await twoDiskVm('web');
    await stand.client.endSession('job-1', { epoch: 3, committed: false });

    await expect(stand.client.createSession(sessionRequest('web', { epoch: 3 }))).rejects.toMatchObject({
      code: 'session.ended',
      kind: 'conflict',
    });
    expect(await stand.client.listSessions()).toEqual([]);
    expect(await stand.client.createSession(sessionRequest('web', { epoch: 4 }))).toMatchObject({ epoch: 4 });
  });

  test('a higher epoch adopts the session and shuts out the lower one', async () => {
    await twoDiskVm('web');
    const first = await stand.client.createSession(sessionRequest('web', { epoch: 3 }));
    const adopted = await stand.client.createSession(sessionRequest('web', { epoch: 5 }));
    expect(adopted).toMatchObject({ session_id: first.session_id, snapshot: first.snapshot, epoch: 5 });

    const stale = { code: 'session.stale-epoch', kind: 'conflict' };
    await expect(stand.client.createSession(sessionRequest('web', { epoch: 4 }))).rejects.toMatchObject(stale);
    await expect(stand.client.heartbeat(first.session_id, 4)).rejects.toMatchObject(stale);
    await expect(stand.client.endSession(first.session_id, { epoch: 4, committed: true })).rejects.toMatchObject(stale);
    expect((await stand.client.heartbeat(first.session_id, 6)).epoch).toBe(6);
    await expect(stand.client.heartbeat(first.session_id, 5)).rejects.toMatchObject(stale);
    await stand.restart();
    await expect(stand.client.heartbeat(first.session_id, 5)).rejects.toMatchObject(stale);
  });

  test('another job gets no session on the same VM, and is told whose it is', async () => {
    await twoDiskVm('web');
    const session = await stand.client.createSession(sessionRequest('web'));
    const other = stand.client.createSession(sessionRequest('web', { job_id: 'job-2' }));
    await expect(other).rejects.toMatchObject({ code: 'session.vm-busy', kind: 'conflict' });
    await expect(other).rejects.toThrow(/job-1/);
    await stand.client.endSession(session.session_id, { epoch: 1, committed: false });
    const second = await stand.client.createSession(sessionRequest('web', { job_id: 'job-2' }));
    expect(second.session_id).not.toBe(session.session_id);
  });

  test('the same job with other disks or another VM is refused', async () => {
    await twoDiskVm('web');
    await twoDiskVm('db');
    await stand.client.createSession(sessionRequest('web'));
    const refused = { code: 'session.different-request' };
    await expect(stand.client.createSession(sessionRequest('db'))).rejects.toMatchObject(refused);
    await expect(stand.client.createSession(sessionRequest('web', { disks: bothDisks }))).rejects.toMatchObject(
      refused,
    );
  });

  test('the id of the job names its session', async () => {
    await twoDiskVm('web');
    const session = await stand.client.createSession(sessionRequest('web'));
    expect((await stand.client.getSession('job-1')).session_id).toBe(session.session_id);
    await stand.client.endSession('job-1', { epoch: 1, committed: false });
    await expect(stand.client.getSession('job-1')).rejects.toMatchObject({ code: 'session.unknown' });
  });

  test('what cannot be served is refused by code', async () => {
    await twoDiskVm('web');
    const create = (fields: object): Promise<unknown> => stand.client.createSession(sessionRequest('web', fields));
    await expect(create({ kind: 'vsphere' })).rejects.toMatchObject({
      code: 'source.kind-unavailable',
      kind: 'precondition',
    });
    await expect(create({ vm: 'nobody' })).rejects.toMatchObject({ code: 'source.vm-unknown', kind: 'not-found' });
    await expect(create({ disks: [{ disk_id: 'disk-9' }] })).rejects.toMatchObject({ code: 'source.disk-unknown' });
    await expect(create({ disks: [{ disk_id: 'disk-2000' }, { disk_id: 'disk-2000' }] })).rejects.toMatchObject({
      code: 'request.invalid',
    });
    await expect(create({ disks: [] })).rejects.toMatchObject({ code: 'request.invalid', kind: 'invalid-request' });
    // A refusal leaves nothing behind, so the next request of the job is answered anew.
    expect(await create({})).toMatchObject({ job_id: 'job-1' });
  });

  test('ports instead of sockets are served when they are configured', async () => {
    await twoDiskVm('web');
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    await stand.restart({ tcpPorts: { first, last: first + 50 } });
    const session = await stand.client.createSession(sessionRequest('web', { disks: bothDisks }));
    expect(uriOf(session)).toMatch(/^nbd:\/\/127\.0\.0\.1:\d+\//);
    expect((await readExport(session)).length).toBe(4 * MiB);
    await stand.restart();
    // The place of an export is part of the session, not of the settings.
    expect((await readExport(session)).length).toBe(4 * MiB);
  });
});

describe('the interface', () => {
  test('health is open, everything else wants the shared secret', async () => {
    for (const path of ['/health', '/api/v1/health']) {
      const response = await fetch(`${stand.url}${path}`);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ status: 'ok', sessions: 0 });
    }
    expect((await fetch(`${stand.url}/api/v1/source-sessions`)).status).toBe(401);
    const stranger = createVmaClient({ url: `${stand.url}/api/v1`, token: new Secret(`${TOKEN}x`) });
    await expect(stranger.folderVms()).rejects.toMatchObject({ code: 'vma.token-refused' });
  });

  test('a VMA without a secret does not start', async () => {
    await expect(stand.restart({ config: { token: undefined } })).rejects.toMatchObject({ code: 'vma.token-missing' });
  });

  test('progress is kept per job and forgotten by none of its pollers', async () => {
    await expect(stand.client.progress('job-7')).rejects.toMatchObject({ code: 'progress.unknown', kind: 'not-found' });
    await twoDiskVm('web');
    await stand.client.createSession(sessionRequest('web', { job_id: 'job-7' }));
    expect(await stand.client.progressUpdate('job-7', { stage: 'Transfer', status: 'running' })).toBe(true);
    const part = { disk_id: 'disk-2000', bytes_transferred: 1 * MiB, total_bytes: 4 * MiB, throughput_bps: 2 * MiB };
    await stand.client.progressUpdate('job-7', part);
    expect(await stand.client.progress('job-7')).toMatchObject({
      status: 'running',
      phase: 'Transfer',
      percentage: 25,
      throughput: { current_mbps: 2 },
      vm_info: { name: 'web', disk_size_bytes: 4 * MiB },
      disk_progresses: [{ disk_id: 'disk-2000', bytes: 1 * MiB, percent: 25, status: 'running' }],
    });
    await stand.client.progressUpdate('job-7', { status: 'completed' });
    await stand.client.progressUpdate('job-7', { status: 'running', percent: 1 });
    expect(await stand.client.progress('job-7')).toMatchObject({ status: 'completed', percentage: 100 });
  });

  test('a progress update to a VMA that is gone is a plain no', async () => {
    const { client } = stand;
    await stand.stop();
    expect(await client.progressUpdate('job-7', { percent: 1 })).toBe(false);
  });
});
