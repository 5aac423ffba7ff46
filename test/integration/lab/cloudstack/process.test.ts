import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { GiB } from '../../../../src/base/units.ts';
import { attachVolume } from '../../../../src/cloudstack/volume-changes.ts';
import { createVolume } from '../../../../src/cloudstack/volume-creation.ts';
import { getVolume } from '../../../../src/cloudstack/volumes.ts';
import { openKeys } from '../../../../src/lab/cloudstack/keys.ts';
import { startCloudProcess, type CloudProcess } from '../../../support/cloudstack-process.ts';
import { until } from '../../../support/until.ts';

let dir: string;
let running: CloudProcess[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cloud-'));
});
afterEach(async () => {
  for (const cloud of running) await cloud.kill('SIGKILL');
  running = [];
  rmSync(dir, { recursive: true, force: true });
});

async function start(...args: string[]): Promise<CloudProcess> {
  const cloud = await startCloudProcess(dir, args);
  running.push(cloud);
  return cloud;
}

const newVolume = ({ client, ids }: CloudProcess, name: string) =>
  createVolume(client, { name, zoneId: ids.zone, diskOfferingId: ids.diskOffering, sizeBytes: GiB });

test('a cloud that is killed while a job is at work fails that job, and the attach succeeds all the same', async () => {
  const first = await start('--job-delay-ms', '1');
  const { port } = new URL(first.endpoint);
  const volume = await newVolume(first, 'killed');
  await first.kill('SIGKILL');
  const slow = await start('--job-delay-ms', '600000', '--port', port);
  const accepted = Promise.withResolvers<string | undefined>();
  const attempt = attachVolume(
    slow.client,
    { volumeId: volume.id, vmId: slow.ids.omaVm },
    { onSubmitted: ({ jobId }) => accepted.resolve(jobId) },
  );
  const jobId = await accepted.promise;

  await slow.kill('SIGKILL');
  const second = await start('--job-delay-ms', '1', '--port', port);

  expect(await attempt).toMatchObject({ vmId: second.ids.omaVm, state: 'Ready' });
  const job = await second.client.call('queryAsyncJobResult', { jobid: jobId ?? '' });
  expect(job).toMatchObject({
    jobstatus: 2,
    jobresultcode: 530,
    jobresult: { errortext: 'job cancelled because of management server restart or shutdown' },
  });
  const serial = volume.id.replaceAll('-', '').slice(0, 20);
  const device = join(second.deviceDir, `virtio-${serial}`);
  await until(() => existsSync(device), { withinMs: 30_000, what: 'the device' });
  expect(statSync(device).size).toBe(GiB);
});

test('what was accepted before a kill -9 is there after it', async () => {
  const first = await start('--job-delay-ms', '1');
  const volumes = [await newVolume(first, 'one'), await newVolume(first, 'two')];
  const [one] = volumes;
  await attachVolume(first.client, { volumeId: one?.id ?? '', vmId: first.ids.omaVm });

  await first.kill('SIGKILL');
  const second = await start();

  expect(second.ids).toEqual(first.ids);
  const states = await Promise.all(volumes.map(({ id }) => getVolume(second.client, id)));
  expect(states.map(({ name, state, vmId }) => [name, state, vmId])).toEqual([
    ['one', 'Ready', first.ids.omaVm],
    ['two', 'Allocated', undefined],
  ]);
});

test('keys are in a file that only its owner reads, and nowhere else', async () => {
  const cloud = await start();
  const keys = openKeys(dir);

  expect(statSync(join(dir, 'keys.json')).mode & 0o777).toBe(0o600);
  for (const secret of [keys.admin.secretKey, keys.user.secretKey, keys.controlToken]) {
    expect(cloud.commandLine).not.toContain(secret);
    expect(readFileSync(join(dir, 'world.json'), 'utf8')).not.toContain(secret);
  }
});

test('the process ends by itself on SIGTERM', async () => {
  const cloud = await start();

  await cloud.kill('SIGTERM');

  await expect(cloud.client.call('listZones', {})).rejects.toMatchObject({ code: 'cloudstack.unreachable' });
});
