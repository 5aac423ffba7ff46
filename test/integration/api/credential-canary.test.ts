import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createToken } from '../../../src/api/auth/sessions.ts';
import { toConfig } from '../../../src/config/config.ts';
import { readEnv } from '../../../src/config/env.ts';
import { openSecretBox } from '../../../src/db/secret-box.ts';
import { osseaConfigById } from '../../../src/db/stores/ossea-config-store.ts';
import { useCredential } from '../../../src/db/stores/vmware-credential-store.ts';
import { addTarget, credentialBody, sourceVm } from '../../support/api.ts';
import { startTestCloud } from '../../support/cloudstack.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { makeJob } from '../../support/factories.ts';
import { processEnv } from '../../support/process-env.ts';
import { until } from '../../support/until.ts';

// A password that is found nowhere else, given to an API process that logs all it can; then every place is searched
// in which it could have been left. What cannot find it where it is planted proves nothing, so that comes first.

const CANARY = `canary-${randomBytes(8).toString('hex')}`;
const OTHER = `canary-${randomBytes(8).toString('hex')}`;

const stack = new AsyncDisposableStack();
let database: TestDatabase;
let stateDir: string;
let settings: Record<string, string>;
beforeAll(async () => {
  database = stack.use(await createTestDatabase());
  stateDir = await mkdtemp(join(tmpdir(), 'mk-canary-'));
  stack.defer(() => rm(stateDir, { recursive: true, force: true }));
  const secrets = { MIGRATEKIT_SECRETS_KEY: randomBytes(32).toString('base64') };
  settings = { ...processEnv(database, stateDir), ...secrets, MIGRATEKIT_LOG_LEVEL: 'trace' };
});
afterAll(() => stack.disposeAsync());

interface Api {
  readonly log: () => string;
  call(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }>;
}

async function startApi(): Promise<Api> {
  const main = join(process.cwd(), 'src/bin/api.ts');
  const child: ChildProcess = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, main], {
    env: { PATH: process.env['PATH'], ...settings },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  stack.defer(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  let log = '';
  child.stderr?.on('data', (data: Buffer) => (log += data.toString()));
  const url = await until(() => /"url":"([^"]+)"/.exec(log)?.[1], { withinMs: 60_000, what: 'the api to listen' });
  const { token } = await createToken(toConfig(readEnv(settings)), { user: 'ann', hours: 1 });
  return {
    log: () => log,
    async call(method, path, body) {
      const response = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': path },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      return { status: response.status, text: await response.text() };
    },
  };
}

/** Where the word is: tables with the column, the log, the answers, the arguments of processes, files. */
async function placesOf(word: string, texts: Readonly<Record<string, string>>): Promise<string[]> {
  const found = Object.entries(texts).flatMap(([place, text]) => (text.includes(word) ? [place] : []));
  const [tables] = (await database.knex.raw("show full tables where table_type = 'BASE TABLE'")) as [object[]];
  for (const table of tables.map((row) => String(Object.values(row)[0]))) {
    for (const row of (await database.knex(table).select()) as Record<string, unknown>[]) {
      const columns = Object.keys(row).filter((column) => (JSON.stringify(row[column]) ?? '').includes(word));
      found.push(...columns.map((column) => `${table}.${column}`));
    }
  }
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const argv = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (argv.includes(word)) found.push('argv');
  }
  for (const file of await readdir(stateDir, { recursive: true })) {
    const text = await readFile(join(stateDir, file), 'utf8').catch(() => '');
    if (text.includes(word)) found.push('a file');
  }
  return found;
}

test('the search finds a password in a row, a job payload, a log, an answer and an argument', async () => {
  const { id } = await makeJob(database.knex, { payload: JSON.stringify({ vcenter: { password: CANARY } }) });
  const shell = spawn('sh', ['-c', 'read -r line', CANARY], { stdio: ['pipe', 'ignore', 'ignore'] });
  const exited = once(shell, 'exit');
  try {
    const places = await placesOf(CANARY, { log: `{"err":"${CANARY}"}`, answers: '' });
    expect(places).toEqual(expect.arrayContaining(['log', 'job_tracking.payload', 'argv']));
    expect(places).not.toContain('answers');
  } finally {
    shell.kill('SIGKILL');
    await exited;
    await database.knex('job_tracking').where({ id }).delete();
  }
  expect(await placesOf(CANARY, {})).toEqual([]);
});

test('a password that is saved, changed, refused and re-sent is in no log, row, payload, answer, argument or file', async () => {
  const api = await startApi();
  const answers: string[] = [];
  const call = async (method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> => {
    const reply = await api.call(method, path, body);
    answers.push(`${reply.status} ${reply.text}`);
    return reply;
  };
  const body = credentialBody('canary', { password: CANARY });
  const saved = await call('POST', '/vmware-credentials', body);
  const { id } = JSON.parse(saved.text) as { id: number };
  const path = `/vmware-credentials/${id}`;
  await call('POST', '/vmware-credentials', body);
  await call('POST', '/vmware-credentials', { ...body, password: OTHER });
  await call('PUT', path, { password: OTHER, vcenter_host: 'vc9.example.com' });
  await call('PUT', path, { password: CANARY, nonsense: 1 });
  await call('PUT', path, `{"password": "${CANARY}"`);
  await call('PUT', path, { password: [CANARY] });
  await call('PUT', '/vmware-credentials/4711', { password: CANARY });
  await call('POST', '/auth/login', { username: 'admin', password: CANARY });
  await addTarget(database.knex);
  await call('POST', '/replications', { source_vm: sourceVm('web01'), vcenter_host: 'vc9.example.com' });
  await database.knex('vm_replication_contexts').update({ credential_id: id });
  for (const read of ['/vmware-credentials', path, '/vm-contexts', '/vm-contexts/web01', '/jobs'])
    await call('GET', read);
  await call('DELETE', path);
  expect(answers.map((answer) => answer.slice(0, 3))).toEqual([
    ...['201', '201', '422', '200', '400', '400', '400', '404', '401', '202'],
    ...['200', '200', '200', '200', '200', '409'],
  ]);

  // It was really there, and really took both.
  const config = toConfig(readEnv(settings));
  expect((await useCredential(database.knex, openSecretBox(config), id)).password.reveal()).toBe(OTHER);
  expect(api.log()).toContain('request refused');
  for (const word of [CANARY, OTHER]) {
    expect(await placesOf(word, { log: api.log(), answers: answers.join('\n') })).toEqual([]);
  }
});

test('keys of a CloudStack that are typed in, saved, changed, refused and used are in none of these places', async () => {
  const cloud = stack.use(await startTestCloud());
  const { endpoint, apiKey, secretKey, ids } = cloud.simulator;
  const api = await startApi();
  const answers: string[] = [];
  const call = async (method: string, path: string, body?: unknown): Promise<string> => {
    const reply = await api.call(method, path, body);
    answers.push(reply.text);
    return `${reply.status} ${(/"(?:error_)?code":"([^"]+)"/.exec(reply.text) ?? [])[1] ?? ''}`.trim();
  };
  const keys = { api_key: apiKey.reveal(), secret_key: secretKey.reveal() };
  const wrong = { api_key: keys.api_key, secret_key: CANARY };
  const config = { name: 'canary', api_url: endpoint, zone: ids.zone };
  const say = (action: string, more: object): Promise<string> => call('POST', '/ossea/config', { action, ...more });
  await database.knex('ossea_configs').delete();

  expect([
    await call('POST', '/settings/cloudstack/test-connection', { api_url: endpoint, ...keys }),
    await call('POST', '/settings/cloudstack/discover-all', { api_url: endpoint, ...wrong }),
    await call('POST', '/settings/cloudstack/validate', { api_url: 'http://127.0.0.1:9', ...keys }),
    await call('POST', '/ossea/discover-resources', { base_url: endpoint, ...wrong }),
    await call('POST', '/ossea/config-streamlined', { base_url: endpoint, ...keys }),
    await say('create', { config: { ...config, ...keys, nonsense: 1 } }),
    await say('create', { config: { ...config, ...wrong } }),
  ]).toEqual([
    ...['200', '200 cloudstack.unauthorized', '200 cloudstack.unreachable', '401 cloudstack.unauthorized'],
    ...['400 request.invalid', '400 request.invalid', '201'],
  ]);
  const [made] = await database.knex('ossea_configs').select<{ id: number }[]>('id');
  const id = made?.id ?? 0;
  expect([
    await call('GET', '/networks/available'),
    await say('create', { config: { ...config, ...keys } }),
    await say('update', { id, config: { api_url: 'http://other.example.com' } }),
    await say('update', { id, config: { api_key: keys.api_key } }),
    await say('update', { id, config: { name: 'renamed', ...keys } }),
    await call('GET', '/networks/available'),
    await say('test', { id }),
    await say('get', {}),
    await say('get', { id }),
    await say('delete', { id }),
  ]).toEqual([
    ...[
      '401 cloudstack.unauthorized',
      '409 ossea-config.exists',
      '422 ossea-config.keys-needed',
      '400 request.invalid',
    ],
    ...['200', '200', '200', '200', '200', '200'],
  ]);

  const opened = await osseaConfigById(database.knex, openSecretBox(toConfig(readEnv(settings))), id);
  expect(opened.secretKey.reveal()).toBe(keys.secret_key);
  for (const word of [keys.api_key, keys.secret_key, CANARY]) {
    expect(await placesOf(word, { log: api.log(), answers: answers.join('\n') })).toEqual([]);
  }
});
