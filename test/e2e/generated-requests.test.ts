import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { openContext } from '../../src/api/open-context.ts';
import type { Route } from '../../src/api/route.ts';
import { routeTable } from '../../src/api/route-table.ts';
import { toConfig } from '../../src/config/config.ts';
import { readEnv } from '../../src/config/env.ts';
import { setLogLevel } from '../../src/base/logger.ts';
import { requestsOf, type GeneratedRequest, type Known } from '../support/generated/requests.ts';
import { openSender, type Sender } from '../support/generated/send.ts';
import { openLabDatabase } from '../support/lab-database.ts';
import { TestLab } from '../support/lab.ts';
import { holdAgainstPromise, type Answered } from '../support/promise.ts';
import { until } from '../support/until.ts';

// Requests that nobody wrote down, against a whole lab. GENERATED_REQUESTS=20000 sends many more of them;
// GENERATED_SEED repeats a run.

const COUNT = Number(process.env['GENERATED_REQUESTS'] ?? 2_000);
const SEED = Number(process.env['GENERATED_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const AT_ONCE = 10;
const BATCH = 200;
const SHOWN_MAX = 10;

jest.setTimeout(600_000 + COUNT * 100);
setLogLevel('silent');

const stack = new AsyncDisposableStack();
let lab: TestLab;
let routes: readonly Route[];
let sender: Sender;
beforeAll(async () => {
  lab = stack.use(await TestLab.up('--vms', '2'));
  routes = await routesOf(lab);
  sender = stack.use(openSender(lab.state.api.url, lab.state.api.token));
});
afterAll(async () => {
  await stack.disposeAsync();
});

/** The table of the lab's own API: schemas to make requests from, and promises to hold answers against. */
async function routesOf({ state }: TestLab): Promise<readonly Route[]> {
  const dir = mkdtempSync(join(tmpdir(), 'mk-routes-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const { database, redis } = state;
  const env = {
    MIGRATEKIT_STATE_DIR: dir,
    MIGRATEKIT_DB_HOST: database.host,
    MIGRATEKIT_DB_PORT: String(database.port),
    MIGRATEKIT_DB_USER: database.user,
    MIGRATEKIT_DB_PASSWORD: database.password,
    MIGRATEKIT_DB_NAME: database.name,
    MIGRATEKIT_REDIS_URL: redis.url,
  };
  const context = await openContext(toConfig(readEnv(env)), 'test');
  stack.defer(() => context.close());
  return routeTable(context);
}

async function knownNow(): Promise<Known> {
  const contexts = (await lab.api('GET', '/vm-contexts?limit=50')).body['vm_contexts'] as Record<string, string>[];
  const jobs = (await lab.api('GET', '/jobs?limit=50')).body['jobs'] as Record<string, string>[];
  const credentials = (await lab.api('GET', '/vmware-credentials?limit=50')).body['credentials'] as { id: number }[];
  return {
    contextIds: contexts.map((row) => row['context_id'] ?? ''),
    vmNames: contexts.map((row) => row['vm_name'] ?? ''),
    jobIds: jobs.map((row) => row['job_id'] ?? ''),
    credentialIds: credentials.map((row) => String(row.id)),
  };
}

/** What is wrong with the answer, or undefined. */
async function fault(request: GeneratedRequest): Promise<string | undefined> {
  let answered: Answered | undefined;
  try {
    answered = await sender.send(request);
    tally(answered);
    if (answered.status >= 500 && !isOtherSideAway(request, answered)) throw new Error('a server error');
    // Neither has a body to hold against a schema.
    if (request.method !== 'HEAD' && request.method !== 'OPTIONS') holdAgainstPromise(routes, request, answered);
    return undefined;
  } catch (error) {
    const what = `${request.method} ${request.path} ${JSON.stringify(request.headers)} ${request.body ?? ''}`;
    return `${what.slice(0, 1_500)}\n -> ${answered?.status ?? ''} ${String(error)}`;
  }
}

/** Some requests name a vCenter or a CloudStack that is none, or change what is stored so that it does. */
function isOtherSideAway({ path }: GeneratedRequest, { status, body }: Answered): boolean {
  const code = z.object({ code: z.string() }).safeParse(body).data?.code ?? '';
  return status === 503 && AWAY.some(([paths, codes]) => paths.test(path) && codes.includes(code));
}

const AWAY: readonly [paths: RegExp, codes: readonly string[]][] = [
  [/^\/(discovery|vmware-credentials)\//i, ['vsphere.unreachable', 'vcenter.failed']],
  [
    /^\/(settings\/cloudstack|ossea|network-mappings|networks|service-offerings)\b/i,
    ['cloudstack.unreachable', 'cloudstack.bad-answer', 'cloudstack.failed'],
  ],
];

const seen = new Map<number, number>();
const tally = ({ status }: Answered): unknown => seen.set(status, (seen.get(status) ?? 0) + 1);

async function sendAll(requests: readonly GeneratedRequest[]): Promise<string[]> {
  const faults: string[] = [];
  const waiting = requests.values();
  const work = async (): Promise<void> => {
    for (const request of waiting) {
      const found = await fault(request);
      if (found !== undefined) faults.push(found);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return faults;
}

test(`${COUNT} generated requests get no 5xx and no answer outside its schema, and everything lives on`, async () => {
  const faults: string[] = [];
  await using db = openLabDatabase(lab.state);
  const cloud = await db.cloud();
  for (let sent = 0; sent < COUNT && faults.length < SHOWN_MAX; sent += BATCH) {
    const made = fc.sample(requestsOf(routes), { seed: SEED + sent, numRuns: Math.min(BATCH, COUNT - sent) });
    const known = await knownNow();
    faults.push(...(await sendAll(made.map((make) => make(known)))));
    // Some requests make another cloud the active one, and nothing could be replicated any more.
    await db.restoreCloud(cloud);
  }
  process.stdout.write(`generated requests, GENERATED_SEED=${SEED}: ${JSON.stringify(Object.fromEntries(seen))}\n`);
  expect(faults.slice(0, SHOWN_MAX)).toEqual([]);
  // Else it was refused at the door and proves little.
  expect(seen.get(200) ?? 0).toBeGreaterThan(COUNT / 20);
  expect(seen.get(202) ?? 0).toBeGreaterThan(0);

  expect((await lab.api('GET', '/health')).body).toMatchObject({ status: 'healthy' });
  await endAllJobs();
  for (const { pid } of lab.state.workers) expect(() => process.kill(pid, 0)).not.toThrow();
  await expectConsistent();
  // Some of the requests have set limits, down to a byte per second.
  const noLimit = { worker_bytes_per_s: 0, job_bytes_per_s: 0, disk_bytes_per_s: 0 };
  expect((await lab.api('PUT', '/bandwidth-limits', noLimit)).status).toBe(200);
  await addNewVm('after-all');
  expect(await lab.ended(await lab.replicate('after-all'))).toMatchObject({ status: 'completed' });
});

/** Whatever the requests did to the accounts and VMs that there were. */
async function addNewVm(name: string): Promise<void> {
  await lab.vcenter('clone', { vm: 'lab-vm-1', name });
  const { url, username, password, thumbprint } = lab.state.vcenter;
  const stored = await lab.api('POST', '/vmware-credentials', {
    credential_name: name,
    vcenter_host: new URL(url).host,
    username,
    password,
    datacenter: 'Lab',
    vcenter_thumbprint: thumbprint,
  });
  expect(stored.status).toBe(201);
  const account = { credential_id: stored.body['id'] };
  expect((await lab.api('POST', '/discovery/add-vms', { ...account, vm_names: [name] })).status).toBe(200);
}

async function endAllJobs(): Promise<void> {
  await using db = openLabDatabase(lab.state);
  for (const jobId of await db.openRootJobs()) await lab.api('POST', `/replications/${jobId}/cancel`);
  await until(async () => (await db.openRootJobs()).length === 0, { withinMs: 240_000, what: 'the end of all jobs' });
}

/** The three rows that tell of a job agree, and no VM is held by a job that has ended. */
async function expectConsistent(): Promise<void> {
  await using db = openLabDatabase(lab.state);
  expect(await db.contradictions()).toEqual([]);
}
