import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { findOperation, type OperationRecord } from '../../../src/db/stores/volume-operation-store.ts';
import { startTestCloud, type TestCloud } from '../../support/cloudstack.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { makeJob } from '../../support/factories.ts';
import { FatalWire } from '../../support/fatal-wire.ts';
import { Random } from '../../support/random.ts';
import { until } from '../../support/until.ts';
import { makeDaemon, type TestDaemon } from '../../support/volume-daemon.ts';
import { VOLUME_LIFE, type LifeStep, type VolumeLife } from '../../support/volume-life.ts';

/**
 * The volume daemon is killed at a request that it puts to CloudStack, or at one that it puts to the database, in each
 * action of a volume's life: before the server has seen the request, and when the server has done it. The next daemon
 * must end what was begun; then cloud, rows, devices and exports are compared. In CI two lives with deaths by a seed;
 * with CRASH_MATRIX=all in the environment all of CloudStack's requests, with CRASH_MATRIX=sample some dozens of each
 * kind, with CRASH_MATRIX=database all of the database's. CRASH_SEED=N is the seed.
 */
const MODE = process.env['CRASH_MATRIX'] ?? 'few';
const SEED = Number(process.env['CRASH_SEED'] ?? 20_261_123);
const LIVES = MODE === 'few' ? 2 : 12;
/** More requests than any action puts. */
const STEPS_MAX = 200;

let database: TestDatabase;
let cloud: TestCloud;
let toCloud: FatalWire;
let toDatabase: FatalWire;
let daemon: TestDaemon;
const deaths: Record<string, number> = {};
/** Requests of each step when nobody dies. */
const lengths = new Map<string, number>();

beforeAll(async () => {
  database = await createTestDatabase();
  cloud = await startTestCloud({ jobDelayMs: 0, deviceDelayMs: 0 });
  toCloud = await FatalWire.to({ host: '127.0.0.1', port: cloud.simulator.port });
  toDatabase = await FatalWire.to({ host: database.config.host, port: database.config.port });
  daemon = await makeDaemon(cloud, database, { cloudPort: toCloud.port, databasePort: toDatabase.port });
  await daemon.start();
});
afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await toDatabase[Symbol.asyncDispose]();
  await toCloud[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  if (MODE !== 'few') process.stdout.write(`deaths by action: ${JSON.stringify(deaths)}\n`);
});

async function newLife(): Promise<VolumeLife> {
  const job = await makeJob(database.knex, { status: 'running', dispatch_state: 'claimed', lease_epoch: 1 });
  const testVmId = randomUUID();
  cloud.simulator.edit(({ vms }) => {
    const [first] = vms;
    if (first !== undefined) vms.push({ ...structuredClone(first), id: testVmId, name: `test-${testVmId}` });
  });
  return { name: `life-${randomUUID()}`, volumeId: '', snapshotId: '', jobId: job.id, testVmId };
}

/** The dead daemon's leases run out, and a new daemon takes its place. */
async function anotherDaemon(life: VolumeLife): Promise<void> {
  await daemon.kill('SIGKILL');
  await database
    .knex('job_tracking')
    .where({ dispatch_state: 'claimed' })
    .whereNot('id', life.jobId)
    .update({ lease_expires_at: database.knex.raw('now(6) - interval 1 second') });
  await daemon.start();
}

/** The operation that a request made, also when the answer to it was lost; undefined when it made none. */
async function operationOf(seenBefore: ReadonlySet<string>): Promise<string | undefined> {
  const ids = await database.knex('volume_operations').pluck<string[]>('id');
  return ids.find((id) => !seenBefore.has(id));
}

const isOpen = (operation: OperationRecord | undefined): boolean =>
  operation === undefined || operation.status === 'pending' || operation.status === 'executing';

async function ended(id: string): Promise<OperationRecord> {
  return until(
    async () => {
      const operation = await findOperation(database.knex, id);
      return isOpen(operation) ? undefined : operation;
    },
    { withinMs: 120_000, what: `the end of operation ${id}` },
  );
}

const SnapshotOf = z.object({ snapshot_id: z.string().optional() });

interface Death {
  readonly wire: FatalWire;
  readonly at: number;
  readonly when: 'before' | 'after';
}

/** Where the daemon dies in each step, by the name of the step. */
type Deaths = (what: string) => Death;

/** Asks for the step as a client does that asks again when nothing came of it; dies at the request `at` if there is one. */
async function live(life: VolumeLife, step: LifeStep, death: Death): Promise<void> {
  const before = new Set(await database.knex('volume_operations').pluck<string[]>('id'));
  const ask = (): Promise<unknown> => daemon.call(step.method, step.path(life), step.body?.(life, cloud.simulator.ids));
  const { wire, at, when } = death;
  wire.arm({ at, when, kill: () => daemon.strike() });
  await ask().catch(() => undefined);
  const first = await operationOf(before);
  if (first !== undefined) {
    await until(async () => wire.struck || !isOpen(await findOperation(database.knex, first)), {
      withinMs: 120_000,
      what: 'a death or an end',
    });
  }
  const isStruck = note(step.what, wire);
  if (isStruck) await anotherDaemon(life);
  if (first === undefined) await ask();
  const id = first ?? (await operationOf(before));
  const operation = await ended(id ?? '');
  expect({
    step: step.what,
    ...death,
    wire: undefined,
    status: operation.status,
    error: operation.error,
  }).toMatchObject({
    status: 'completed',
  });
  life.volumeId = operation.volumeId ?? '';
  life.snapshotId = SnapshotOf.parse(operation.response ?? {}).snapshot_id ?? life.snapshotId;
}

/** The cleanup after the test failover destroys it. */
const hasTestVm = (step: LifeStep): boolean =>
  VOLUME_LIFE.indexOf(step) < VOLUME_LIFE.findIndex(({ what }) => what === 'cleanup');

async function compare(life: VolumeLife, step: LifeStep): Promise<void> {
  const { world, ids } = cloud.simulator;
  const volumes = world.volumes.filter(({ name }) => name === life.name);
  const rows = await database.knex('ossea_volumes').where('name', life.name).select<Record<string, unknown>[]>();
  const mappings = await database
    .knex('device_mappings')
    .where('volume_uuid', life.volumeId)
    .select<Record<string, unknown>[]>();
  const link = cloud.simulator.devicePath(life.volumeId);
  const testVms = world.vms.filter((vm) => vm.id === life.testVmId && vm.state !== 'Destroyed');
  expect(testVms).toHaveLength(hasTestVm(step) ? 1 : 0);
  const snapshots = world.snapshots.filter(({ volumeId }) => volumeId === life.volumeId);
  expect(snapshots.map(({ state }) => state)).toEqual(Array.from({ length: step.snapshots }, () => 'BackedUp'));
  if (step.ends === 'gone') {
    expect([volumes, rows, mappings]).toEqual([[], [], []]);
    expect(existsSync(link)).toBe(false);
    return;
  }
  const isAttached = step.ends === 'attached';
  const vmId = { attached: ids.omaVm, given: life.testVmId, detached: null }[step.ends];
  expect(volumes).toMatchObject([{ id: life.volumeId, vmId }]);
  const sizeBytes = volumes[0]?.sizeBytes;
  const state = vmId === null ? 'detached' : 'attached';
  expect(rows).toMatchObject([{ volume_id: life.volumeId, state, vm_id: vmId, size_bytes: sizeBytes }]);
  expect(existsSync(link)).toBe(isAttached);
  const path = cloud.simulator.volumePath(life.volumeId);
  const here = { operation_mode: 'oma', linux_state: 'detected', device_path: path };
  const mapping = { vm_id: vmId, cloudstack_state: 'attached', size: sizeBytes };
  const there = { operation_mode: 'failover', linux_state: 'n/a' };
  expect(mappings).toMatchObject(vmId === null ? [] : [{ ...mapping, ...(isAttached ? here : there) }]);
}

/** What qemu serves, as a client sees it. */
async function served(): Promise<string[]> {
  const listed = await promisify(execFile)('qemu-nbd', ['--list', '-k', join(daemon.dir, 'oma', 'nbd.sock')]);
  return [...listed.stdout.matchAll(/export: '([^']+)'/g)].map(([, name]) => name ?? '');
}

const exportRows = (): Promise<string[]> => database.knex('nbd_exports').pluck<string[]>('status');

/**
 * A worker opens the volume for its job, loses the job to another one, which opens it anew and closes it; whoever has
 * no answer asks the next daemon again.
 */
async function openAndClose(life: VolumeLife, deaths: Deaths): Promise<void> {
  await expect(askExport(life, { what: 'open', verb: 'open', epoch: 1 }, deaths)).resolves.toMatchObject({
    status: 200,
  });
  const [first] = await expectOneExport(life);
  await database.knex('job_tracking').where('id', life.jobId).update({ lease_epoch: 2 });
  await expect(askExport(life, { what: 'fence', verb: 'open', epoch: 2 }, deaths)).resolves.toMatchObject({
    status: 200,
  });
  const [second] = await expectOneExport(life);
  expect(second).not.toBe(first);
  // The worker that lost its job knows nothing of that.
  const late = { what: 'late', verb: 'close', epoch: 1 } as const;
  await expect(askExport(life, late, deaths)).resolves.toMatchObject({ status: 200, body: { closed: false } });
  await expect(expectOneExport(life)).resolves.toEqual([second]);
  await askExport(life, { what: 'close', verb: 'close', epoch: 2 }, deaths);
  await expect(served()).resolves.toEqual([]);
  await expect(exportRows()).resolves.toEqual([]);
}

async function expectOneExport(life: VolumeLife): Promise<string[]> {
  // A daemon that has just begun builds up what its predecessor served.
  const names = await until(async () => ((await served()).length > 0 ? served() : undefined), {
    withinMs: 60_000,
    what: 'an export',
  });
  expect(names).toEqual([expect.stringContaining(life.volumeId)]);
  await expect(exportRows()).resolves.toEqual(['active']);
  return names;
}

interface ExportRequest {
  readonly what: string;
  readonly verb: 'open' | 'close';
  readonly epoch: number;
}

async function askExport(
  life: VolumeLife,
  { what, verb, epoch }: ExportRequest,
  deaths: Deaths,
): ReturnType<TestDaemon['call']> {
  const ask = (): ReturnType<TestDaemon['call']> =>
    daemon.call('POST', `/exports/${life.volumeId}/${verb}`, { job_id: life.jobId, epoch });
  const { wire, at, when } = deaths(what);
  wire.arm({ at, when, kill: () => daemon.strike() });
  const first = await ask().catch(() => undefined);
  note(what, wire);
  if (first !== undefined) return first;
  await anotherDaemon(life);
  return ask();
}

const unfinished = (): Promise<string[]> =>
  database
    .knex('job_tracking')
    .where('queue', 'attach-volume')
    .whereNotIn('status', ['completed', 'failed', 'cancelled'])
    .pluck<string[]>('id');

/** What the step that ends has put on the wire, or that somebody died of it. */
function note(what: string, wire: FatalWire): boolean {
  const { requests } = wire;
  const isStruck = wire.disarm();
  if (isStruck) deaths[what] = (deaths[what] ?? 0) + 1;
  else lengths.set(what, Math.max(lengths.get(what) ?? 1, requests));
  return isStruck;
}

/** A whole life with a death in each of its steps that puts so many requests. @returns whether there was one */
async function aLife(deathsIn: Deaths): Promise<boolean> {
  const before = total();
  const life = await newLife();
  for (const step of VOLUME_LIFE) {
    await live(life, step, deathsIn(step.what));
    await compare(life, step);
    if (step.what === 'attach' && deathsIn(step.what).wire === toDatabase) await openAndClose(life, deathsIn);
  }
  await expect(unfinished()).resolves.toEqual([]);
  await expect(served()).resolves.toEqual([]);
  await expect(exportRows()).resolves.toEqual([]);
  return total() > before;
}

const total = (): number => Object.values(deaths).reduce((sum, each) => sum + each, 0);

/** Lives until there is one in which nobody dies: all requests of all actions are behind us then. */
async function allLives(wire: FatalWire): Promise<void> {
  for (let at = 1, died = true; died; at += 1) {
    if (at > STEPS_MAX) throw new Error('the requests of an action do not end');
    const before = await aLife(() => ({ wire, at, when: 'before' }));
    died = (await aLife(() => ({ wire, at, when: 'after' }))) || before;
  }
}

/** A life in which nobody dies tells how many requests each step has; then some in which each step has a death by chance. */
async function someLives(wire: FatalWire): Promise<void> {
  const random = new Random(SEED);
  lengths.clear();
  expect(await aLife(() => ({ wire, at: Infinity, when: 'before' }))).toBe(false);
  for (let count = 0; count < LIVES; count += 1) {
    const isDead = await aLife((what) => {
      return { wire, at: random.between(1, lengths.get(what) ?? 1), when: random.of(['before', 'after']) };
    });
    expect(isDead).toBe(true);
  }
}

test('killed at a request to CloudStack, the next daemon ends what was begun', async () => {
  await (MODE === 'all' ? allLives(toCloud) : someLives(toCloud));
}, 3_600_000);

test('killed at a request to the database, the next daemon ends what was begun', async () => {
  await (MODE === 'database' ? allLives(toDatabase) : someLives(toDatabase));
}, 10_800_000);
