import { describe, expect, jest, test } from '@jest/globals';
import { waitForCloudStackAsyncJob } from '../../../src/cloudstack/async-jobs.ts';
import { createCloudStackClient } from '../../../src/cloudstack/client.ts';
import { revertSnapshot } from '../../../src/cloudstack/snapshot-changes.ts';
import { attachVolume } from '../../../src/cloudstack/volume-changes.ts';
import {
  listOf,
  ODD_API_KEY,
  ODD_SECRET_KEY,
  refusal,
  startOddCloud,
  type OddAnswer,
} from '../../support/odd-cloud.ts';

const job = { id: 'j1', command: 'attachVolume' };
const answer = (fields: object): OddAnswer => ({ body: { queryasyncjobresultresponse: fields } });

describe('an async job', () => {
  test('is asked for less and less often, up to the longest wait', async () => {
    await using cloud = await startOddCloud((_asked, time) => answer({ jobstatus: time === 9 ? 1 : 0 }));
    const poll = { firstMs: 16, maxMs: 40 };
    const settings = { endpoint: cloud.endpoint, apiKey: ODD_API_KEY, secretKey: ODD_SECRET_KEY, poll };
    const timers = jest.spyOn(globalThis, 'setTimeout');

    await waitForCloudStackAsyncJob(createCloudStackClient(settings), job);
    const waits = timers.mock.calls.map(([, ms]) => ms ?? 0).filter((ms) => ms >= poll.firstMs && ms <= poll.maxMs);
    timers.mockRestore();

    expect(waits).toEqual([16, 20, 25, 31.25, 39.0625, 40, 40, 40]);
  });

  test('that CloudStack has cancelled ends the wait, and the volume decides', async () => {
    let orders = 0;
    await using cloud = await startOddCloud(({ command }) => {
      if (command === 'queryAsyncJobResult') return answer({ jobstatus: 3 });
      const attached = orders > 1 ? { virtualmachineid: 'vm1', deviceid: 1 } : {};
      if (command === 'listVolumes') return listOf(command, 'volume', [{ id: 'v1', state: 'Ready', ...attached }]);
      orders += 1;
      return { body: { attachvolumeresponse: { jobid: `j${orders}` } } };
    });

    expect(await attachVolume(cloud.client, { volumeId: 'v1', vmId: 'vm1' })).toMatchObject({ vmId: 'vm1' });
    expect(orders).toBe(2);
    await expect(waitForCloudStackAsyncJob(cloud.client, job)).rejects.toMatchObject({
      code: 'cloudstack.job-cancelled',
      details: { asyncJobId: 'j1' },
    });
  });

  test.each([false, 'false'])('that succeeds with the success %j has failed', async (success) => {
    await using cloud = await startOddCloud(() => answer({ jobstatus: 1, jobresult: { success, displaytext: 'no' } }));

    await expect(waitForCloudStackAsyncJob(cloud.client, job)).rejects.toMatchObject({
      code: 'cloudstack.failed',
      details: { errorText: 'no' },
    });
  });

  test('that CloudStack refuses to show is not said to be refused, and is not ordered again', async () => {
    await using cloud = await startOddCloud(({ command }) => {
      if (command === 'queryAsyncJobResult') return refusal(command, 531, 'not yours');
      if (command === 'listVolumes') return listOf(command, 'volume', [{ id: 'v1', state: 'Ready' }]);
      return { body: { attachvolumeresponse: { jobid: 'j1' } } };
    });

    await expect(attachVolume(cloud.client, { volumeId: 'v1', vmId: 'vm1' })).rejects.toMatchObject({
      code: 'cloudstack.job-unseen',
      retry: 'backoff',
      details: { asyncJobId: 'j1', command: 'attachVolume', refusal: expect.any(String) },
    });
    expect(cloud.times('attachVolume')).toBe(1);
    // Whatever it did, somebody looked twice.
    expect(cloud.times('listVolumes')).toBeGreaterThanOrEqual(3);
  });

  test('is not waited for when the key is not good any more', async () => {
    await using cloud = await startOddCloud(({ command }) =>
      refusal(command, 401, 'unable to verify user credentials'),
    );

    await expect(waitForCloudStackAsyncJob(cloud.client, job)).rejects.toMatchObject({
      code: 'cloudstack.unauthorized',
    });
    expect(cloud.asked).toHaveLength(1);
  });
});

describe('a revert that a dead process has left under way', () => {
  const snapshot = { id: 's1', name: 's', volumeid: 'v1', state: 'BackedUp' };
  const at = { snapshotId: 's1', volumeId: 'v1' };

  /** Servers since 4.22.1 find a job by the object that it works on. `ends` is the job after two looks. */
  const withPendingJob = (cmd: string, ends: object) =>
    startOddCloud(({ command, parameters }, time) => {
      if (command === 'listSnapshots') return listOf(command, 'snapshot', [snapshot]);
      if (command === 'listVolumes') return listOf(command, 'volume', [{ id: 'v1', state: 'Ready' }]);
      if (command === 'revertSnapshot') return { body: { revertsnapshotresponse: { jobid: 'new' } } };
      if (parameters['jobid'] === 'new') return answer({ jobstatus: 1 });
      if (parameters['resourceid'] === 's1' && parameters['resourcetype'] !== 'Snapshot') {
        return refusal(command, 431, 'wrong type');
      }
      return answer(time < 3 ? { jobid: 'old', jobstatus: 0, cmd } : { jobid: 'old', ...ends });
    });
  const revertCmd = 'org.apache.cloudstack.api.command.user.snapshot.RevertSnapshotCmd';

  test('is found by its snapshot, and its success is the success', async () => {
    await using cloud = await withPendingJob(revertCmd, { jobstatus: 1 });

    await revertSnapshot(cloud.client, at);

    expect(cloud.times('revertSnapshot')).toBe(0);
  });

  test('is ordered again when it fails', async () => {
    await using cloud = await withPendingJob(revertCmd, { jobstatus: 2, jobresultcode: 530, jobresult: 'boom' });

    await revertSnapshot(cloud.client, at);

    expect(cloud.times('revertSnapshot')).toBe(1);
  });

  test('is not mixed up with another job on the same snapshot', async () => {
    await using cloud = await withPendingJob('a.b.CreateSnapshotCmd', { jobstatus: 1 });

    await revertSnapshot(cloud.client, at);

    expect(cloud.times('revertSnapshot')).toBe(1);
  });

  test.each([
    [
      'does not know the question',
      431,
      'unable to execute API command queryasyncjobresult due to missing parameter jobid',
    ],
    ['fails at it', 530, 'NullPointerException'],
  ])('is waited for by the state of its volume where the server %s', async (_what, errorCode, errorText) => {
    let looks = 0;
    await using cloud = await startOddCloud(({ command, parameters }) => {
      if (command === 'listSnapshots') return listOf(command, 'snapshot', [snapshot]);
      if (command === 'revertSnapshot') return { body: { revertsnapshotresponse: { jobid: 'new' } } };
      if (parameters['jobid'] === 'new') return answer({ jobstatus: 1 });
      if (command === 'queryAsyncJobResult') return refusal(command, errorCode, errorText);
      looks += 1;
      return listOf(command, 'volume', [{ id: 'v1', state: looks < 4 ? 'RevertSnapshotting' : 'Ready' }]);
    });

    await revertSnapshot(cloud.client, at);

    expect(looks).toBe(4);
    expect(cloud.times('revertSnapshot')).toBe(1);
  });
});
