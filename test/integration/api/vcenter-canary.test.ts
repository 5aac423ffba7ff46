import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createToken } from '../../../src/api/auth/sessions.ts';
import { MiB } from '../../../src/base/units.ts';
import { toConfig } from '../../../src/config/config.ts';
import { readEnv } from '../../../src/config/env.ts';
import { startVcenterSimulator, type VcenterSimulator } from '../../../src/lab/vcenter/simulator.ts';
import { makeJob } from '../../support/factories.ts';
import { openReplicationStand, type ReplicationStand } from '../../support/replication-stand.ts';
import { placesOf, SeenProcesses, type SearchedPlaces } from '../../support/secret-search.ts';
import { SpawnedService } from '../../support/spawned-service.ts';
import { until } from '../../support/until.ts';
import { Redis } from 'ioredis';

// The password of a vCenter is a word that is found nowhere else. API, VMA, worker and volume daemon, each a process that
// logs all it can, save it, test it, discover and replicate with it, and are refused with a wrong one. Then every place
// is searched in which it could have been left. What would not be found where it is planted proves nothing: that comes first.

jest.setTimeout(240_000);

const CANARY = `canary-${randomBytes(8).toString('hex')}`;
/** Is refused. */
const WRONG = `canary-${randomBytes(8).toString('hex')}`;

const stack = new AsyncDisposableStack();
const processes = new SeenProcesses();
let stand: ReplicationStand;
let vcenter: VcenterSimulator;
let services: SpawnedService[] = [];
let api: { url: string; token: string };
const answers: string[] = [];

beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'mk-canary-vc-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const keys = {
    username: 'replicator@vsphere.local',
    password: CANARY,
    controlToken: randomBytes(16).toString('hex'),
  };
  writeFileSync(join(dir, 'keys.json'), JSON.stringify(keys), { mode: 0o600 });
  vcenter = await startVcenterSimulator({ dir, vms: [{ name: 'web01', disks: [{ capacityBytes: 4 * MiB }] }] });
  stack.defer(() => vcenter.close());
  stand = stack.use(await openReplicationStand({ MIGRATEKIT_VMA_FROZEN_DIR: vcenter.frozenDir }));
  await stand.vmaServer.stop();
  await stand.volumeDaemon.stop();
  const env = { ...stand.env, MIGRATEKIT_LOG_LEVEL: 'trace' };
  const start = (name: string, more: Record<string, string> = {}): SpawnedService =>
    stack.use(new SpawnedService(name, { ...env, ...more }));
  const [vma, daemon] = [start('vma'), start('volume-daemon')];
  const peers = { MIGRATEKIT_VMA_URL: await vma.url(), MIGRATEKIT_VOLUME_DAEMON_URL: await daemon.url() };
  const [http, worker] = [start('api', { ...peers, MIGRATEKIT_API_PORT: '0' }), start('worker', peers)];
  services = [vma, daemon, http, worker];
  const { token } = await createToken(toConfig(readEnv(env)), { user: 'ann', hours: 1 });
  api = { url: await http.url(), token };
});
afterAll(async () => {
  await processes.stop();
  await stack.disposeAsync();
});

async function call(
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${api.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  answers.push(`${response.status} ${text}`);
  return { status: response.status, body: JSON.parse(text) as Record<string, unknown> };
}

const searched = (texts: Readonly<Record<string, string>> = {}): SearchedPlaces => ({
  db: stand.db,
  redisUrl: toConfig(readEnv(stand.env)).redis.url.reveal(),
  folders: [stand.env['MIGRATEKIT_STATE_DIR'] ?? '', stand.env['MIGRATEKIT_RUN_DIR'] ?? '', stand.root],
  texts: { ...Object.fromEntries(services.map(({ name, log }) => [`log of ${name}`, log])), ...texts },
  processes,
});

test('the search finds a password wherever it is planted', async () => {
  const word = `planted-${randomBytes(8).toString('hex')}`;
  const holds = JSON.stringify({ vcenter: { password: word } });
  const { id } = await makeJob(stand.db, { payload: holds, result: holds });
  const now = new Date();
  await stand.db('job_steps').insert({ job_id: id, name: 'x', seq: 1, started_at: now, metadata: holds });
  await stand.db('log_events').insert({ job_id: id, level: 'INFO', message: word, attrs: holds, ts: now });
  const redis = new Redis(toConfig(readEnv(stand.env)).redis.url.reveal());
  await redis.hset(`planted-${id}`, 'data', holds);
  const file = join(stand.root, 'planted');
  writeFileSync(file, holds);
  const shell = spawn('sh', ['-c', 'read -r line', word], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PASSWORD: word },
  });
  const exited = once(shell, 'exit');
  const seen = new SeenProcesses();
  try {
    await until(async () => (await seen.look(), seen.placesOf(word).length === 2), {
      withinMs: 10_000,
      what: 'the shell',
    });
    const places = await placesOf(word, {
      ...searched({ 'log of x': `{"err":"${word}"}`, answers: word }),
      processes: seen,
    });
    expect(places).toEqual(
      [
        ...[
          'a file',
          'answers',
          'argv',
          'environment',
          'job_steps.metadata',
          'job_tracking.payload',
          'job_tracking.result',
        ],
        ...['log of x', 'log_events.attrs', 'log_events.message', 'redis'],
      ].toSorted(),
    );
  } finally {
    shell.kill('SIGKILL');
    await exited;
    rmSync(file);
    await redis.del(`planted-${id}`);
    redis.disconnect();
    await stand.db('log_events').where({ job_id: id }).delete();
    await stand.db('job_tracking').where({ id }).delete();
  }
  expect(await placesOf(word, searched())).toEqual([]);
});

test('the password of a vCenter is in no log, argument, environment, row, queue, file or answer, whatever is done with it', async () => {
  processes.start();
  const account = { vcenter_host: new URL(vcenter.url).host, username: vcenter.username, datacenter: 'Lab' };
  const pin = { vcenter_thumbprint: vcenter.thumbprint };
  const saved = await call('POST', '/vmware-credentials', {
    ...account,
    ...pin,
    credential_name: 'canary',
    password: CANARY,
  });
  const path = `/vmware-credentials/${String(saved.body['id'])}`;
  expect((await call('POST', `${path}/test`)).body).toMatchObject({ success: true, vm_count: 1 });

  const typed = { vcenter: account.vcenter_host, username: account.username, datacenter: 'Lab', ...pin };
  const asks: [string, object, number][] = [
    ['preview', { ...typed, password: CANARY }, 200],
    ['preview', { ...typed, password: WRONG }, 401],
    ['preview', { ...typed, password: CANARY, datacenter: 'nowhere' }, 404],
    ['preview', { ...typed, password: CANARY, vcenter_thumbprint: 'ab'.repeat(20) }, 422],
    ['preview', { ...typed, password: CANARY, nonsense: 1 }, 400],
    ['preview', { ...typed, password: CANARY, vcenter: '127.0.0.1:9' }, 503],
    ['add-vms', { ...typed, password: CANARY, vm_names: ['nobody'] }, 404],
    ['add-vms', { ...typed, password: CANARY, vm_names: ['web01'] }, 200],
  ];
  for (const [what, body, status] of asks) {
    expect([what, (await call('POST', `/discovery/${what}`, body)).status]).toEqual([what, status]);
  }

  const first = await replicate();
  expect(first).toMatchObject({ status: 'completed' });
  // It really was a replication from this vCenter, by children of the VMA.
  expect(processes.hasSeen('nbdkit')).toBe(true);
  await vcenter.control.write('web01', 2000, [{ offset: MiB, bytes: randomBytes(4096) }]);

  await call('PUT', path, { password: WRONG });
  expect((await call('POST', `${path}/test`)).body).toMatchObject({ success: false });
  const jobId = await start();
  await until(async () => (await jobOf(jobId))['error_code'] === 'vsphere.invalid-login', {
    withinMs: 60_000,
    what: 'the replication to be refused',
  });
  await call('POST', `/replications/${jobId}/cancel`);
  for (const read of [path, '/vmware-credentials', '/vm-contexts', '/vm-contexts/web01', `/jobs/${jobId}/logs`])
    await call('GET', read);
  await processes.stop();

  for (const service of services) expect(service.log).toContain('"level":');
  for (const word of [CANARY, WRONG]) {
    expect(await placesOf(word, searched({ answers: answers.join('\n') }))).toEqual([]);
  }
});

async function start(): Promise<string> {
  const { status, body } = await call('POST', '/replications', { vm_name: 'web01' });
  expect(status).toBe(202);
  return String(body['job_id']);
}

const jobOf = async (jobId: string): Promise<Record<string, unknown>> => (await call('GET', `/jobs/${jobId}`)).body;

async function replicate(): Promise<Record<string, unknown>> {
  const jobId = await start();
  return until(
    async () => {
      const job = await jobOf(jobId);
      return ['completed', 'failed', 'cancelled'].includes(String(job['status'])) ? job : undefined;
    },
    { withinMs: 120_000, what: 'the replication to end' },
  );
}
