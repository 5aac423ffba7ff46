import { existsSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { GiB } from '../../../src/base/units.ts';
import { waitForCloudStackAsyncJob } from '../../../src/cloudstack/async-jobs.ts';
import type { CloudStackClient } from '../../../src/cloudstack/client.ts';
import { attachVolume, deleteVolume, detachVolume } from '../../../src/cloudstack/volume-changes.ts';
import { createVolume } from '../../../src/cloudstack/volume-creation.ts';
import { getVolume, listVolumes, type Volume } from '../../../src/cloudstack/volumes.ts';
import { startTestCloud, type TestCloud } from '../../support/cloudstack.ts';
import { until } from '../../support/until.ts';

let cloud: TestCloud;
let nextName = 0;

const intent = () => ({
  name: `volume-lost-${(nextName += 1)}`,
  zoneId: cloud.simulator.ids.zone,
  diskOfferingId: cloud.simulator.ids.diskOffering,
  sizeBytes: GiB,
});

const newVolume = (): Promise<Volume> => createVolume(cloud.client, intent());
const atOma = (volume: Volume) => ({ volumeId: volume.id, vmId: cloud.simulator.ids.omaVm });
const rowsNamed = (name: string) => cloud.simulator.world.volumes.filter((row) => row.name === name);

beforeAll(async () => {
  cloud = await startTestCloud();
});
beforeEach(() => {
  cloud.simulator.faults.clear();
});
afterAll(() => cloud[Symbol.asyncDispose]());

describe('an answer that is lost after the work was accepted', () => {
  test('leaves one volume, not two', async () => {
    const wanted = intent();
    cloud.simulator.faults.add({ command: 'createVolume', kind: 'drop-after' });

    const volume = await createVolume(cloud.client, wanted);

    expect(rowsNamed(wanted.name).map((row) => row.id)).toEqual([volume.id]);
  });

  test('is a success where the volume ends as it was wanted', async () => {
    const volume = await newVolume();
    cloud.simulator.faults.add({ command: 'attachVolume', kind: 'drop-after' });
    cloud.simulator.faults.add({ command: 'detachVolume', kind: 'drop-after' });
    cloud.simulator.faults.add({ command: 'deleteVolume', kind: 'drop-after' });

    const attached = await attachVolume(cloud.client, atOma(volume));
    const detached = await detachVolume(cloud.client, atOma(volume));
    await deleteVolume(cloud.client, { volumeId: volume.id });

    expect([attached.vmId, detached.vmId]).toEqual([cloud.simulator.ids.omaVm, undefined]);
    expect(rowsNamed(volume.name)).toEqual([]);
  });

  test('is waited for while its job is still at work', async () => {
    const volume = await newVolume();
    cloud.simulator.faults.add({ command: 'attachVolume', kind: 'drop-after' });
    cloud.simulator.faults.add({ command: 'attachVolume', kind: 'job-delay', ms: 400 });

    const attached = await attachVolume(cloud.client, atOma(volume));

    expect(attached.vmId).toBe(cloud.simulator.ids.omaVm);
    const attaches = cloud.simulator.world.jobs.filter(
      (job) => job.command === 'attachVolume' && job.instanceId === volume.id,
    );
    expect(attaches).toHaveLength(1);
  });
});

describe('a request that never arrives', () => {
  test('is not repeated for a volume that might then exist twice; the next attempt creates it', async () => {
    const wanted = intent();
    cloud.simulator.faults.add({ command: 'createVolume', kind: 'drop-before' });

    const first = createVolume(cloud.client, wanted);

    await expect(first).rejects.toMatchObject({ code: 'cloudstack.unreachable', retry: 'backoff' });
    expect(rowsNamed(wanted.name)).toEqual([]);
    const second = await createVolume(cloud.client, wanted);
    expect(rowsNamed(wanted.name).map((row) => row.id)).toEqual([second.id]);
  });

  test('is repeated once where that is harmless', async () => {
    const volume = await newVolume();
    cloud.simulator.faults.add({ command: 'attachVolume', kind: 'drop-before' });

    expect(await attachVolume(cloud.client, atOma(volume))).toMatchObject({ vmId: cloud.simulator.ids.omaVm });
  });

  test('is given up after that', async () => {
    const volume = await newVolume();
    cloud.simulator.faults.add({ command: 'attachVolume', kind: 'drop-before', times: 2 });

    await expect(attachVolume(cloud.client, atOma(volume))).rejects.toMatchObject({ code: 'cloudstack.unreachable' });
    expect(cloud.simulator.faults.pending()).toEqual([]);
    expect((await getVolume(cloud.client, volume.id)).vmId).toBeUndefined();
  });
});

describe('async jobs', () => {
  const failure = { errorCode: 530, errorText: 'Failed to attach volume: timed out at the host' };

  test('that fail for good are reported with code, text and job', async () => {
    const volume = await newVolume();
    cloud.simulator.faults.add({ command: 'attachVolume', kind: 'job-error', ...failure, times: 2 });

    await expect(attachVolume(cloud.client, atOma(volume))).rejects.toMatchObject({
      code: 'cloudstack.internal',
      details: { ...failure, command: 'attachVolume', asyncJobId: expect.any(String) },
    });
  });

  test('that fail once are tried once more', async () => {
    const volume = await newVolume();
    cloud.simulator.faults.add({ command: 'attachVolume', kind: 'job-error', ...failure });

    expect(await attachVolume(cloud.client, atOma(volume))).toMatchObject({ vmId: cloud.simulator.ids.omaVm });
  });

  test('that fail with a refusal are not tried again', async () => {
    const volume = await newVolume();
    const refusal = { errorCode: 532, errorText: 'Maximum number of resources of type volume has been exceeded' };
    cloud.simulator.faults.add({ command: 'attachVolume', kind: 'job-error', ...refusal });

    await expect(attachVolume(cloud.client, atOma(volume))).rejects.toMatchObject({
      code: 'cloudstack.resource-limit',
      retry: 'never',
    });
  });

  test.each(['job-error-after-effect', 'job-forgotten'] as const)(
    'with %s are judged by what became of the volume',
    async (kind) => {
      const volume = await newVolume();
      cloud.simulator.faults.add({ command: 'attachVolume', kind, ...failure });
      cloud.simulator.faults.add({ command: 'detachVolume', kind, ...failure });

      const attached = await attachVolume(cloud.client, atOma(volume));
      const detached = await detachVolume(cloud.client, atOma(volume));

      expect([attached.vmId, detached.vmId]).toEqual([cloud.simulator.ids.omaVm, undefined]);
    },
  );

  test('of an earlier attempt are waited for, and when they end in nothing the volume is created again', async () => {
    const wanted = intent();
    cloud.simulator.faults.add({ command: 'createVolume', kind: 'job-stuck' });
    const { zoneId, diskOfferingId, name } = wanted;
    const parameters = { name, size: '1', zoneid: zoneId, diskofferingid: diskOfferingId };
    const { jobid, id } = await cloud.client.call('createVolume', parameters);
    const polls: string[] = [];
    const watching: CloudStackClient = {
      ...cloud.client,
      call: (command, sent, options) => {
        polls.push(command);
        return cloud.client.call(command, sent, options);
      },
    };

    const attempt = createVolume(watching, wanted);
    await until(() => polls.includes('queryAsyncJobResult'), { withinMs: 30_000, what: 'a look at the job' });
    cloud.simulator.edit((world) => {
      world.volumes = world.volumes.filter((row) => row.id !== id);
      for (const job of world.jobs) if (job.id === jobid) job.status = 2;
    });

    const volume = await attempt;
    expect(volume.id).not.toBe(id);
    expect(rowsNamed(name).map((row) => row.id)).toEqual([volume.id]);
  });

  test('that never end are given up at the deadline', async () => {
    const volume = await newVolume();
    cloud.simulator.faults.add({ command: 'attachVolume', kind: 'job-stuck' });

    const attempt = attachVolume(cloud.client, atOma(volume), { timeoutMs: 300 });

    await expect(attempt).rejects.toMatchObject({ code: 'cloudstack.job-timeout', retry: 'backoff' });
  });

  test('with a status that nobody knows are still waited for', async () => {
    const strange = { command: 'queryAsyncJobResult', kind: 'http', status: 200, contentType: 'application/json' };
    cloud.simulator.faults.add({
      ...strange,
      kind: 'http',
      body: '{"queryasyncjobresultresponse":{"jobstatus":7,"jobresultcode":0}}',
    });

    expect(await newVolume()).toMatchObject({ state: 'Allocated' });
  });

  test('are waited for through failing queries', async () => {
    const gateway = { status: 502, contentType: 'text/html', body: '<html>502 Bad Gateway</html>' };
    cloud.simulator.faults.add({ command: 'queryAsyncJobResult', kind: 'drop-before' });
    cloud.simulator.faults.add({ command: 'queryAsyncJobResult', kind: 'http', ...gateway });
    cloud.simulator.faults.add({ command: 'queryAsyncJobResult', kind: 'error', errorCode: 429, errorText: 'slow' });

    expect(await newVolume()).toMatchObject({ state: 'Allocated' });
    expect(cloud.simulator.faults.pending()).toEqual([]);
  });

  const answered = (body: string): void =>
    cloud.simulator.faults.add({
      command: 'queryAsyncJobResult',
      kind: 'http',
      status: 200,
      contentType: 'application/json',
      body: `{"queryasyncjobresultresponse":${body}}`,
    });
  const anyJob = { id: 'any', command: 'attachVolume' };

  test('may succeed without a result, and with numbers as text', async () => {
    answered('{"jobstatus":"0"}');
    answered('{"jobstatus":"1"}');

    expect(await waitForCloudStackAsyncJob(cloud.client, anyJob)).toEqual({});
    expect(cloud.simulator.faults.pending()).toEqual([]);
  });

  test.each([
    ['{"jobstatus":2}', 'cloudstack.failed', 'no reason given'],
    ['{"jobstatus":2,"jobresultcode":530,"jobresult":"boom"}', 'cloudstack.internal', 'boom'],
    ['{"jobstatus":2,"jobresultcode":533,"jobresult":{"errortext":"full"}}', 'cloudstack.no-capacity', 'full'],
  ])('that fail with %s end the wait', async (body, code, errorText) => {
    answered(body);

    await expect(waitForCloudStackAsyncJob(cloud.client, anyJob)).rejects.toMatchObject({
      code,
      details: { errorText, asyncJobId: 'any' },
    });
  });

  test('that the server does not know are told apart', async () => {
    const job = { id: '00000000-0000-0000-0000-000000000000', command: 'attachVolume' };

    await expect(waitForCloudStackAsyncJob(cloud.client, job)).rejects.toMatchObject({ code: 'cloudstack.job-gone' });
  });

  test('are left at once when the caller gives up', async () => {
    const volume = await newVolume();
    cloud.simulator.faults.add({ command: 'attachVolume', kind: 'job-stuck' });
    const giveUp = new AbortController();

    const attempt = attachVolume(cloud.client, atOma(volume), {
      signal: giveUp.signal,
      onSubmitted: () => giveUp.abort(new Error('lease lost')),
    });

    await expect(attempt).rejects.toThrow('lease lost');
  });
});

describe('a restart of the management server', () => {
  test('fails the job, and the volume is attached by a new one', async () => {
    const volume = await newVolume();
    cloud.simulator.faults.add({ command: 'attachVolume', kind: 'job-stuck' });
    const accepted = Promise.withResolvers<void>();
    const attempt = attachVolume(cloud.client, atOma(volume), { onSubmitted: () => accepted.resolve() });
    await accepted.promise;

    await cloud.restart();

    expect(await attempt).toMatchObject({ vmId: cloud.simulator.ids.omaVm });
    const results = cloud.simulator.world.jobs
      .filter((job) => job.command === 'attachVolume' && job.instanceId === volume.id)
      .map((job) => [job.status, job.result?.['errortext']]);
    expect(results).toEqual([
      [2, 'job cancelled because of management server restart or shutdown'],
      [1, undefined],
    ]);
  });

  test('goes on with the job where the server can', async () => {
    const volume = await newVolume();
    cloud.simulator.faults.add({ command: 'attachVolume', kind: 'job-stuck' });
    const accepted = Promise.withResolvers<void>();
    const attempt = attachVolume(cloud.client, atOma(volume), { onSubmitted: () => accepted.resolve() });
    await accepted.promise;

    await cloud.restart({ jobsAfterRestart: 'resume' });

    expect(await attempt).toMatchObject({ vmId: cloud.simulator.ids.omaVm });
  });

  test('leaves a created volume to be found', async () => {
    const wanted = intent();
    cloud.simulator.faults.add({ command: 'createVolume', kind: 'job-stuck' });
    const accepted = Promise.withResolvers<void>();
    const attempt = createVolume(cloud.client, wanted, { onSubmitted: () => accepted.resolve() });
    await accepted.promise;

    await cloud.restart();

    const { id } = await attempt;
    expect(rowsNamed(wanted.name).map((row) => row.id)).toEqual([id]);
  });

  test('keeps volumes, attachments and devices', async () => {
    const volume = await newVolume();
    await attachVolume(cloud.client, atOma(volume));

    await cloud.restart();

    expect((await listVolumes(cloud.client, { id: volume.id }))[0]).toMatchObject({
      vmId: cloud.simulator.ids.omaVm,
      state: 'Ready',
    });
    expect(existsSync(cloud.simulator.devicePath(volume.id))).toBe(true);
  });
});
