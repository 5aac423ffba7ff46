import { describe, expect, test } from '@jest/globals';
import { getCapabilities } from '../../../src/cloudstack/capabilities.ts';
import type { CloudStackClient } from '../../../src/cloudstack/client.ts';
import { attachVolume, deleteVolume, detachVolume } from '../../../src/cloudstack/volume-changes.ts';
import { listZones } from '../../../src/cloudstack/zones.ts';
import { listOf, refusal, startOddCloud, type Asked, type OddAnswer } from '../../support/odd-cloud.ts';

/** What the client does about each code of an answer: how often it asks, and what it does before it asks again. */

const zones = listOf('listZones', 'zone', [{ id: 'z1', name: 'zone' }]);
const read = (client: CloudStackClient): Promise<unknown> => listZones(client);

/** A cloud of one volume that shows it as attached to `shownAt`, and answers orders as it is told. */
const cloudOfOne = (orders: (time: number) => OddAnswer, shownAt: (orderCount: number) => string | undefined) => {
  let orderCount = 0;
  return startOddCloud(({ command }: Asked, time) => {
    if (command === 'listVolumes') {
      const vmId = shownAt(orderCount);
      return listOf(command, 'volume', [
        { id: 'v1', state: 'Ready', size: 1, ...(vmId === undefined ? {} : { virtualmachineid: vmId, deviceid: 1 }) },
      ]);
    }
    orderCount += 1;
    return orders(time);
  });
};
const place = { volumeId: 'v1', vmId: 'vm1' };

describe('a reading call', () => {
  test.each([
    [401, 'cloudstack.unauthorized', 1],
    [411, 'cloudstack.second-factor', 1],
    [430, 'cloudstack.malformed', 1],
    [431, 'cloudstack.refused', 1],
    [432, 'cloudstack.unsupported', 1],
    [531, 'cloudstack.forbidden', 1],
    [532, 'cloudstack.resource-limit', 1],
    [503, 'cloudstack.maintenance', 3],
    [530, 'cloudstack.internal', 3],
    [533, 'cloudstack.no-capacity', 3],
    [534, 'cloudstack.resource-unavailable', 3],
    [535, 'cloudstack.allocation-failed', 3],
    [536, 'cloudstack.resource-in-use', 3],
    [537, 'cloudstack.rule-conflict', 3],
  ])('that meets %s fails as %s after %s attempts', async (errorCode, code, attempts) => {
    await using cloud = await startOddCloud(({ command }) => refusal(command, errorCode, 'because'));

    await expect(read(cloud.client)).rejects.toMatchObject({ code, details: { errorCode } });
    expect(cloud.asked).toHaveLength(attempts);
  });

  test('that is refused as GET is sent as POST, and so are all that follow', async () => {
    await using cloud = await startOddCloud(({ method, command }) =>
      method === 'GET' ? refusal(command, 405, 'Method GET is not allowed') : zones,
    );

    await Promise.all([read(cloud.client), read(cloud.client)]);
    const before = cloud.asked.length;
    await read(cloud.client);

    expect(cloud.asked.slice(before).map(({ method, url }) => [method, url])).toEqual([['POST', '/client/api']]);
  });

  test('that is refused as GET by a page of a proxy is sent as POST as well', async () => {
    await using cloud = await startOddCloud(({ method }) =>
      method === 'GET' ? { status: 405, headers: { 'content-type': 'text/html' }, body: '<html>no</html>' } : zones,
    );

    await read(cloud.client);

    expect(cloud.asked.map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  test('that is refused as POST too is given up', async () => {
    await using cloud = await startOddCloud(({ command }) => refusal(command, 405, 'Method is not allowed'));

    await expect(read(cloud.client)).rejects.toMatchObject({ code: 'cloudstack.method-refused' });
    expect(cloud.asked.map(({ method }) => method)).toEqual(['GET', 'POST']);
  });
});

describe('a call that comes too soon', () => {
  test('is sent again after a growing wait, whatever it changes', async () => {
    await using cloud = await startOddCloud(({ command }, time) =>
      time < 4 ? refusal(command, 429, 'rate limit') : { body: { deletevolumeresponse: { success: 'true' } } },
    );

    expect(await cloud.client.call('deleteVolume', { id: 'v1' })).toEqual({ success: 'true' });
    expect(cloud.times('deleteVolume')).toBe(4);
  });

  test('waits as long as the server asks, unless that is beyond its deadline', async () => {
    await using cloud = await startOddCloud(({ command }) => ({
      ...refusal(command, 429, 'rate limit'),
      headers: { 'retry-after': '3600' },
    }));

    await expect(listZones(cloud.client, { timeoutMs: 5_000 })).rejects.toMatchObject({
      code: 'cloudstack.rate-limited',
      retry: 'later',
      details: { retryAfterMs: 3_600_000 },
    });
    expect(cloud.asked).toHaveLength(1);
  });

  test('reads the date that a proxy names instead of seconds', async () => {
    await using cloud = await startOddCloud(() => ({
      status: 429,
      headers: { 'content-type': 'text/html', 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() },
      body: '<html>slow down</html>',
    }));

    const error: unknown = await cloud.client.call('listZones', {}).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'cloudstack.rate-limited' });
    expect(error).toHaveProperty('details.retryAfterMs', expect.any(Number));
  });
});

describe('a change', () => {
  test.each([
    [401, 'cloudstack.unauthorized', 1],
    [411, 'cloudstack.second-factor', 1],
    [405, 'cloudstack.method-refused', 1],
    [430, 'cloudstack.malformed', 1],
    [431, 'cloudstack.refused', 1],
    [432, 'cloudstack.unsupported', 1],
    [503, 'cloudstack.maintenance', 1],
    [531, 'cloudstack.forbidden', 1],
    [532, 'cloudstack.resource-limit', 1],
    [533, 'cloudstack.no-capacity', 1],
    [535, 'cloudstack.allocation-failed', 1],
    [537, 'cloudstack.rule-conflict', 1],
    [530, 'cloudstack.internal', 2],
    [534, 'cloudstack.resource-unavailable', 2],
    [536, 'cloudstack.resource-in-use', 2],
  ])('that meets %s without effect fails as %s after %s orders, and after looking', async (errorCode, code, orders) => {
    await using cloud = await cloudOfOne(
      () => refusal('attachVolume', errorCode, 'because'),
      () => undefined,
    );

    await expect(attachVolume(cloud.client, place)).rejects.toMatchObject({ code, details: { errorCode } });
    expect(cloud.times('attachVolume')).toBe(orders);
    expect(cloud.asked.at(-1)?.command).toBe('listVolumes');
  });

  test.each([
    [431, 'This volume is already attached to a VM.'],
    [431, 'something else'],
    [530, 'boom'],
    [536, 'in use'],
  ])('that meets %s (%s) is a success where the volume is found as it was wanted', async (errorCode, text) => {
    await using attached = await cloudOfOne(
      () => refusal('attachVolume', errorCode, text),
      (orders) => (orders > 0 ? 'vm1' : undefined),
    );
    await using detached = await cloudOfOne(
      () => refusal('detachVolume', errorCode, text),
      (orders) => (orders > 0 ? undefined : 'vm1'),
    );

    expect(await attachVolume(attached.client, place)).toMatchObject({ vmId: 'vm1' });
    expect(await detachVolume(detached.client, place)).toMatchObject({ vmId: undefined });
  });

  test('that CloudStack says is done and is not, is reported as that', async () => {
    await using cloud = await cloudOfOne(
      () => ({ body: { deletevolumeresponse: { success: true } } }),
      () => undefined,
    );

    await expect(deleteVolume(cloud.client, place)).rejects.toMatchObject({ code: 'cloudstack.no-effect' });
  });

  test('whose answer names no job is judged by what became of the volume', async () => {
    const empty = { body: { attachvolumeresponse: {} } };
    await using done = await cloudOfOne(
      () => empty,
      (orders) => (orders > 0 ? 'vm1' : undefined),
    );
    await using undone = await cloudOfOne(
      () => empty,
      () => undefined,
    );

    expect(await attachVolume(done.client, place)).toMatchObject({ vmId: 'vm1' });
    await expect(attachVolume(undone.client, place)).rejects.toMatchObject({ code: 'cloudstack.bad-answer' });
  });
});

describe('an error', () => {
  test('under the key of an unknown command is read like any other', async () => {
    await using cloud = await startOddCloud(() => ({
      status: 432,
      body: { errorresponse: { errorcode: 432, errortext: 'The given command does not exist' } },
    }));

    await expect(getCapabilities(cloud.client)).rejects.toMatchObject({ code: 'cloudstack.unsupported' });
  });

  test('in XML is read from its header', async () => {
    await using cloud = await startOddCloud(() => ({
      status: 431,
      headers: {
        'content-type': 'text/xml',
        'x-description': 'Please specify a volume that is not attached to any VM.',
      },
      body: '<?xml version="1.0"?><deletevolumeresponse/>',
    }));

    await expect(cloud.client.call('deleteVolume', { id: 'v1' })).rejects.toMatchObject({
      code: 'cloudstack.volume-attached',
      details: { errorCode: 431 },
    });
  });

  test('of the server behind a proxy counts as no answer: it may have done what was asked', async () => {
    await using cloud = await cloudOfOne(
      () => ({ status: 503, headers: { 'content-type': 'text/html' }, body: '<html>no backend</html>' }),
      (orders) => (orders > 0 ? 'vm1' : undefined),
    );

    expect(await attachVolume(cloud.client, place)).toMatchObject({ vmId: 'vm1' });
  });
});
