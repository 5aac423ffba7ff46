import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Secret } from '../../../src/config/secrets.ts';
import type { PeerConfig } from '../../../src/config/config.ts';
import { createVmaClient } from '../../../src/vma/client.ts';
import { startVma } from '../../../src/vma/start.ts';
import { addTarget, sourceVm, startTestApi, type TestApi } from '../../support/api.ts';
import { NO_VSPHERE } from '../../support/vma-stand.ts';

const stack = new AsyncDisposableStack();
let vmaPeer: PeerConfig;
beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'mk-vma-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const token = new Secret('token-of-this-test');
  const server = await startVma({
    host: '127.0.0.1',
    port: 0,
    token,
    folderRoot: undefined,
    sessionTtlMs: 60_000,
    stateDir: join(dir, 'state'),
    runDir: join(dir, 'run'),
    vsphere: NO_VSPHERE,
  });
  stack.defer(() => server.close(0));
  vmaPeer = { url: server.url, token };
});
afterAll(async () => {
  await stack.disposeAsync();
});

/** A replication that runs, at 12.5 % as its row says. */
async function runningJob(api: TestApi): Promise<string> {
  await addTarget(api.db);
  const body = { source_vm: sourceVm('web01'), vcenter_host: 'vc1' };
  const jobId = String((await api.call('POST', '/replications', { body })).body['job_id']);
  await api.db('replication_jobs').where('id', jobId).update({ status: 'running', progress_percent: '12.50' });
  return jobId;
}

test('progress of a running job comes from the VMA where it knows the job, else from the row', async () => {
  await using api = await startTestApi((config) => ({ ...config, vmaPeer }));
  const jobId = await runningJob(api);
  const disk = { label: null, bytes: 0, percent: 0, status: 'pending' };
  expect((await api.call('GET', `/progress/${jobId}`)).body).toMatchObject({
    percentage: 12.5,
    disk_progresses: [
      { ...disk, disk_id: 'disk-2000' },
      { ...disk, disk_id: 'disk-2001' },
    ],
  });

  const update = { stage: 'Transfer', status: 'running', bytes_transferred: 77, total_bytes: 100 } as const;
  expect(await createVmaClient(vmaPeer).progressUpdate(jobId, update)).toBe(true);
  expect((await api.call('GET', `/progress/${jobId}`)).body).toMatchObject({
    job_id: jobId,
    percentage: 77,
    phases: [{ name: 'Transfer' }],
  });

  // Zeros count for the one who moves the bytes, and only for that one: both views say the same.
  expect(await createVmaClient(vmaPeer).progressUpdate(jobId, { ...update, percent: 12.5 })).toBe(true);
  expect((await api.call('GET', `/progress/${jobId}`)).body).toMatchObject({ percentage: 12.5, bytes_transferred: 77 });

  // Disk by disk, too.
  const disks = [
    { disk_id: 'disk-2000', bytes_transferred: 70, total_bytes: 90, percent: 99.9, throughput_bps: 2 ** 21 },
  ];
  expect(await createVmaClient(vmaPeer).progressUpdate(jobId, { ...update, disks })).toBe(true);
  expect((await api.call('GET', `/progress/${jobId}`)).body).toMatchObject({
    disk_progresses: [
      { disk_id: 'disk-2000', bytes: 70, total: 90, percent: 99.9, throughput_mbps: 2, status: 'running' },
    ],
  });

  await api.db('replication_jobs').where('id', jobId).update({ status: 'failed' });
  expect((await api.call('GET', `/progress/${jobId}`)).body).toMatchObject({ status: 'failed', percentage: 12.5 });
});

test('a VMA that accepts and never answers costs two seconds, not the request', async () => {
  const sockets: Socket[] = [];
  const mute = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = mute.address() as AddressInfo;
    const peer = { ...vmaPeer, url: `http://127.0.0.1:${port}` };
    await using api = await startTestApi((config) => ({ ...config, vmaPeer: peer }));
    const jobId = await runningJob(api);

    expect(await api.call('GET', `/progress/${jobId}`)).toMatchObject({ status: 200, body: { percentage: 12.5 } });
    expect(sockets.length).toBeGreaterThan(0);
  } finally {
    for (const socket of sockets) socket.destroy();
    mute.close();
  }
});
