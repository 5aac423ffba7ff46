import { expect, test } from '@jest/globals';
import { Secret } from '../../../src/config/secrets.ts';
import { QueueView } from '../../support/queue-view.ts';
import { addTarget, sourceVm, startTestApi } from '../../support/api.ts';
import { testRedis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';
import { Wire } from '../../support/wire.ts';

test('without Redis a replication is accepted all the same, and cancelled too', async () => {
  const nowhere = new Secret('redis://127.0.0.1:9');
  await using api = await startTestApi((config) => ({ ...config, redis: { ...config.redis, url: nowhere } }));
  await addTarget(api.db);

  const accepted = await api.call('POST', '/replications', {
    body: { source_vm: sourceVm('web01'), vcenter_host: 'vc1' },
  });

  expect(accepted.status).toBe(202);
  expect((await api.call('GET', '/health', { token: '' })).body).toMatchObject({
    status: 'degraded',
    database: 'ok',
    redis: 'unreachable',
  });
  expect(await api.call('GET', '/health/ready', { token: '' })).toMatchObject({
    status: 200,
    body: { status: 'degraded', away: expect.arrayContaining([expect.objectContaining({ code: 'redis.away' })]) },
  });
  const jobId = String(accepted.body['job_id']);
  expect((await api.call('GET', `/jobs/${jobId}`)).body).toMatchObject({ status: 'pending', dispatch_state: 'queued' });
  expect((await api.call('POST', `/replications/${jobId}/cancel`)).body).toMatchObject({ status: 'cancelled' });
});

test('Redis that comes back is used again without a restart', async () => {
  await using wire = new Wire();
  const direct = testRedis();
  await using api = await startTestApi(async (config) => {
    const url = new URL(direct.url.reveal());
    url.port = String(await wire.open({ host: url.hostname, port: Number(url.port) }));
    return { ...config, redis: { ...direct, url: new Secret(url.href) } };
  });
  await addTarget(api.db);
  const start = async (name: string): Promise<string> => {
    const reply = await api.call('POST', '/replications', { body: { source_vm: sourceVm(name), vcenter_host: 'vc1' } });
    expect(reply.status).toBe(202);
    return String(reply.body['job_id']);
  };
  const redis = async (): Promise<unknown> => (await api.call('GET', '/health', { token: '' })).body['redis'];
  await until(async () => (await redis()) === 'ok', { withinMs: 60_000, what: 'redis' });
  await wire.mute();
  expect(await redis()).toBe('unreachable');
  await wire.cut();
  const during = await start('web01');
  expect(await redis()).toBe('unreachable');
  await wire.mend();
  await until(() => api.context.ledger.doorbell.isReady(), { withinMs: 60_000, what: 'redis' });
  expect(await redis()).toBe('ok');
  const after = await start('web02');

  await using queue = new QueueView(direct, 'replicate');
  const waiting = await queue.waitingJobIds();
  expect(waiting).toContain(after);
  // Sent by the relay of the first worker that starts; the API has none.
  expect(waiting).not.toContain(during);
});

test.each(['cut', 'mute'] as const)(
  'a database whose wire is %s becomes 503 within a deadline, and the API recovers without a restart',
  async (how) => {
    await using wire = new Wire();
    await using api = await startTestApi(async (config) => ({
      ...config,
      database: { ...config.database, port: await wire.open(config.database) },
    }));
    expect((await api.call('GET', '/vm-contexts')).status).toBe(200);

    await wire[how]();

    const refused = await api.call('GET', '/vm-contexts');
    expect(refused).toMatchObject({ status: 503, body: { code: 'db.unreachable', hint: expect.any(String) } });
    expect(refused.headers.get('retry-after')).toBe('5');
    const health = await api.call('GET', '/health', { token: '' });
    expect(health).toMatchObject({ status: 200, body: { status: 'degraded', database: 'unreachable' } });
    expect(await api.call('GET', '/health/ready', { token: '' })).toMatchObject({ status: 503 });
    expect((await api.call('GET', '/health/live', { token: '' })).status).toBe(200);

    await wire.cut();
    await wire.mend();
    await until(async () => (await api.call('GET', '/vm-contexts')).status === 200, {
      withinMs: 60_000,
      what: 'an answer from the database',
    });
  },
  180_000,
);
