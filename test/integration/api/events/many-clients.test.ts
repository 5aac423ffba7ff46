import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createToken } from '../../../../src/api/auth/sessions.ts';
import { API_PREFIX } from '../../../../src/api/server.ts';
import { KiB, MiB } from '../../../../src/base/units.ts';
import { Secret } from '../../../../src/config/secrets.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/database.ts';
import { makeJob } from '../../../support/factories.ts';
import { processEnv } from '../../../support/process-env.ts';
import { until } from '../../../support/until.ts';

const CLIENTS = 500;
/** Of these, so many listen to one job each. */
const OF_ONE_JOB = 100;
const JOBS = 10;
const WARM_UP = 300;
const EVENTS = 1_500;
/** Far above what a healthy process needs for them, far below what keeping every event for every client would take. */
const GROWTH_BYTES_MAX = 96 * MiB;
const PATIENCE_MS = 120_000;

const stack = new AsyncDisposableStack();
let database: TestDatabase;
let api: { readonly url: string; readonly pid: number; readonly token: string };

beforeAll(async () => {
  database = stack.use(await createTestDatabase());
  const stateDir = await mkdtemp(join(tmpdir(), 'mk-many-'));
  stack.defer(() => rm(stateDir, { recursive: true, force: true }));
  const key = randomBytes(32);
  const main = join(process.cwd(), 'src/bin/api.ts');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, main], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      ...processEnv(database, stateDir),
      MIGRATEKIT_SECRETS_KEY: key.toString('base64'),
    },
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  stack.defer(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  let log = '';
  child.stderr.on('data', (data: Buffer) => (log += data.toString()));
  const url = await until(() => /"url":"([^"]+)"/.exec(log)?.[1], { withinMs: 60_000, what: 'the api to listen' });
  const { token } = await createToken({ secretsKey: new Secret(key), stateDir }, { user: 'tester', hours: 1 });
  api = { url, pid: child.pid ?? 0, token };
});
afterAll(async () => {
  await stack.disposeAsync();
});

/** Knows only ids: five hundred parsers would measure themselves. */
class Listener {
  readonly jobId: string | undefined;
  readonly ids: number[] = [];
  #rest = '';
  #response: IncomingMessage | undefined;

  constructor(jobId: string | undefined) {
    this.jobId = jobId;
  }

  async open(): Promise<void> {
    const path = this.jobId === undefined ? '/events' : `/jobs/${this.jobId}/events`;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { authorization: `Bearer ${api.token}` };
      get(`${api.url}${API_PREFIX}${path}`, { headers, agent: false }, resolve).once('error', reject);
    });
    expect(response.statusCode).toBe(200);
    this.#response = response;
    response.on('error', () => undefined);
    response.on('data', (chunk: Buffer) => this.#read(chunk.toString('latin1')));
  }

  close(): void {
    this.#response?.destroy();
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('id: ')) this.ids.push(Number(line.slice(4)));
  }
}

const rssBytes = (): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${api.pid}/status`, 'utf8'))?.[1]) * KiB;

/** Several writers at once, so that transactions overlap and commit out of the order of their ids. */
async function write(jobIds: readonly string[], count: number): Promise<void> {
  const queue = Array.from({ length: count }, (_, n) => n);
  const writer = async (): Promise<void> => {
    for (let n = queue.shift(); n !== undefined; n = queue.shift()) {
      const jobId = jobIds[n % jobIds.length];
      await database.knex.transaction(async (trx) => {
        await trx('log_events').insert({ job_id: jobId, level: 'INFO', message: 'step done', attrs: '{"epoch":1}' });
        if (n % 10 === 0) await trx.raw('select sleep(0.02)');
      });
    }
  };
  await Promise.all(Array.from({ length: 4 }, writer));
}

test('five hundred clients of one process hear each event once and in order, and its memory stays flat', async () => {
  const jobIds: string[] = [];
  for (let n = 0; n < JOBS; n += 1) jobIds.push((await makeJob(database.knex)).id);
  const listeners = Array.from(
    { length: CLIENTS },
    (_, n) => new Listener(n < OF_ONE_JOB ? jobIds[n % JOBS] : undefined),
  );
  await Promise.all(listeners.map((listener) => listener.open()));
  const idsOf = (jobId: string | undefined): Promise<number[]> =>
    database
      .knex('log_events')
      .modify((rows) => {
        if (jobId !== undefined) void rows.where({ job_id: jobId });
      })
      .orderBy('id')
      .pluck<number[]>('id');
  const allHeard = async (): Promise<void> => {
    const all = await idsOf(undefined);
    const last = new Map<string | undefined, number | undefined>([[undefined, all.at(-1)]]);
    for (const jobId of jobIds) last.set(jobId, (await idsOf(jobId)).at(-1));
    const isThere = (listener: Listener): boolean => listener.ids.at(-1) === last.get(listener.jobId);
    await until(() => listeners.every(isThere), { withinMs: PATIENCE_MS, what: 'everyone to hear the last event' });
  };

  await write(jobIds, WARM_UP);
  await allHeard();
  const warmBytes = rssBytes();
  await write(jobIds, EVENTS);
  await allHeard();
  const grownBytes = rssBytes() - warmBytes;
  for (const listener of listeners) listener.close();

  const all = await idsOf(undefined);
  expect(all).toHaveLength(WARM_UP + EVENTS);
  const wanted = new Map<string | undefined, string>([[undefined, all.join()]]);
  for (const jobId of jobIds) wanted.set(jobId, (await idsOf(jobId)).join());
  expect(listeners.filter((listener) => listener.ids.join() !== wanted.get(listener.jobId))).toEqual([]);
  expect(grownBytes).toBeLessThan(GROWTH_BYTES_MAX);
}, 400_000);
