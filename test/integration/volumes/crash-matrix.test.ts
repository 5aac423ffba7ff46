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
import { until } from '../../support/until.ts';
import { makeDaemon, type TestDaemon } from '../../support/volume-daemon.ts';

/**
 * The volume daemon is killed at each request that it puts to CloudStack, and at each that it puts to the database, in
 * each action of a volume's life: before the server has seen the request, and when the server has done it. The next
 * daemon must end what was begun; then cloud, rows, devices and exports are compared. In CI some of these deaths, always
 * the same; with CRASH_MATRIX=all in the environment all of them.
 */
const ALL = process.env['CRASH_MATRIX'] === 'all';
const GIB = 1024 ** 3;
/** More requests than any action puts. */
const STEPS_MAX = 200;

let database: TestDatabase;
let cloud: TestCloud;
let toCloud: FatalWire;
let toDatabase: FatalWire;
let daemon: TestDaemon;
const deaths: Record<string, number> = {};

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
  if (ALL) process.stdout.write(`deaths by action: ${JSON.stringify(deaths)}\n`);
});

/** One volume on its way through all that can be done with it. */
interface Life {
  readonly name: string;
  volumeId: string;
  snapshotId: string;
  readonly jobId: string;
}

interface Step {
  readonly what: string;
  readonly method: 'POST' | 'DELETE';
  readonly path: (life: Life) => string;
  readonly body?: (life: Life) => object;
  /** Where the volume must be afterwards. */
  readonly ends: 'detached' | 'attached' | 'gone';
  readonly snapshots: number;
}

const LIFE: readonly Step[] = [
  {
    what: 'create',
    method: 'POST',
    path: () => '/volumes',
    body: ({ name }) => ({
      name,
      size: GIB,
      disk_offering_id: cloud.simulator.ids.diskOffering,
      zone_id: cloud.simulator.ids.zone,
    }),
    ends: 'detached',
    snapshots: 0,
  },
  {
    what: 'attach',
    method: 'POST',
    path: ({ volumeId }) => `/volumes/${volumeId}/attach`,
    body: () => ({ vm_id: cloud.simulator.ids.omaVm }),
    ends: 'attached',
    snapshots: 0,
  },
  {
    what: 'snapshot',
    method: 'POST',
    path: ({ volumeId }) => `/volumes/${volumeId}/snapshots`,
    body: ({ name }) => ({ name }),
    ends: 'attached',
    snapshots: 1,
  },
  {
    what: 'resize',
    method: 'POST',
    path: ({ volumeId }) => `/volumes/${volumeId}/resize`,
    body: () => ({ size: 2 * GIB }),
    ends: 'attached',
    snapshots: 1,
  },
  {
    what: 'revert',
    method: 'POST',
    path: ({ volumeId, snapshotId }) => `/volumes/${volumeId}/snapshots/${snapshotId}/revert`,
    ends: 'attached',
    snapshots: 1,
  },
  {
    what: 'delete-snapshot',
    method: 'DELETE',
    path: ({ volumeId, snapshotId }) => `/volumes/${volumeId}/snapshots/${snapshotId}`,
    ends: 'attached',
    snapshots: 0,
  },
  {
    what: 'detach',
    method: 'POST',
    path: ({ volumeId }) => `/volumes/${volumeId}/detach`,
    ends: 'detached',
    snapshots: 0,
  },
  {
    what: 'delete',
    method: 'DELETE',
    path: ({ volumeId }) => `/volumes/${volumeId}`,
    ends: 'gone',
    snapshots: 0,
  },
];

async function newLife(): Promise<Life> {
  const job = await makeJob(database.knex, { status: 'running', dispatch_state: 'claimed', lease_epoch: 1 });
  return { name: `life-${randomUUID()}`, volumeId: '', snapshotId: '', jobId: job.id };
}

/** The dead daemon's leases run out, and a new daemon takes its place. */
async function anotherDaemon(life: Life): Promise<void> {
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

/** Asks for the step as a client does that asks again when nothing came of it; dies at the request `at` if there is one. */
async function live(life: Life, step: Step, death: Death): Promise<boolean> {
  const before = new Set(await database.knex('volume_operations').pluck<string[]>('id'));
  const ask = (): Promise<unknown> => daemon.call(step.method, step.path(life), step.body?.(life));
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
  const isStruck = wire.disarm();
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
  return isStruck;
}

async function compare(life: Life, step: Step): Promise<void> {
  const { world, ids } = cloud.simulator;
  const volumes = world.volumes.filter(({ name }) => name === life.name);
  const rows = await database.knex('ossea_volumes').where('name', life.name).select<Record<string, unknown>[]>();
  const mappings = await database
    .knex('device_mappings')
    .where('volume_uuid', life.volumeId)
    .select<Record<string, unknown>[]>();
  const link = cloud.simulator.devicePath(life.volumeId);
  const snapshots = world.snapshots.filter(({ volumeId }) => volumeId === life.volumeId);
  expect(snapshots.map(({ state }) => state)).toEqual(Array.from({ length: step.snapshots }, () => 'BackedUp'));
  if (step.ends === 'gone') {
    expect([volumes, rows, mappings]).toEqual([[], [], []]);
    expect(existsSync(link)).toBe(false);
    return;
  }
  const isAttached = step.ends === 'attached';
  const vmId = isAttached ? ids.omaVm : null;
  expect(volumes).toMatchObject([{ id: life.volumeId, vmId }]);
  const sizeBytes = volumes[0]?.sizeBytes;
  expect(rows).toMatchObject([{ volume_id: life.volumeId, state: step.ends, vm_id: vmId, size_bytes: sizeBytes }]);
  expect(existsSync(link)).toBe(isAttached);
  const path = cloud.simulator.volumePath(life.volumeId);
  const mapping = { vm_id: vmId, operation_mode: 'oma', cloudstack_state: 'attached', linux_state: 'detected' };
  expect(mappings).toMatchObject(isAttached ? [{ ...mapping, device_path: path, size: sizeBytes }] : []);
}

/** What qemu serves, as a client sees it. */
async function served(): Promise<string[]> {
  const listed = await promisify(execFile)('qemu-nbd', ['--list', '-k', join(daemon.dir, 'oma', 'nbd.sock')]);
  return [...listed.stdout.matchAll(/export: '([^']+)'/g)].map(([, name]) => name ?? '');
}

const exportRows = (): Promise<string[]> => database.knex('nbd_exports').pluck<string[]>('status');

/** A worker opens the volume for its job and closes it; whoever has no answer asks the next daemon again. */
async function openAndClose(life: Life, death: Death): Promise<boolean> {
  const deathsHere = { open: await askExport(life, 'open', death), close: false };
  const names = await served();
  expect(names).toEqual([expect.stringContaining(life.volumeId)]);
  await expect(exportRows()).resolves.toEqual(['active']);
  deathsHere.close = await askExport(life, 'close', death);
  await expect(served()).resolves.toEqual([]);
  await expect(exportRows()).resolves.toEqual([]);
  return deathsHere.open || deathsHere.close;
}

async function askExport(life: Life, verb: 'open' | 'close', { wire, at, when }: Death): Promise<boolean> {
  const ask = (): ReturnType<TestDaemon['call']> =>
    daemon.call('POST', `/exports/${life.volumeId}/${verb}`, { job_id: life.jobId, epoch: 1 });
  wire.arm({ at, when, kill: () => daemon.strike() });
  const first = await ask().catch(() => undefined);
  const isStruck = wire.disarm();
  if (!isStruck) {
    expect(first).toMatchObject({ status: 200 });
    return false;
  }
  count(verb);
  await anotherDaemon(life);
  await expect(ask()).resolves.toMatchObject({ status: 200 });
  return true;
}

const unfinished = (): Promise<string[]> =>
  database
    .knex('job_tracking')
    .where('queue', 'attach-volume')
    .whereNotIn('status', ['completed', 'failed', 'cancelled'])
    .pluck<string[]>('id');

const count = (what: string): void => void (deaths[what] = (deaths[what] ?? 0) + 1);

/** A whole life with a death in each of its steps that puts so many requests. @returns whether there was one */
async function aLife(death: Death): Promise<boolean> {
  const life = await newLife();
  let died = false;
  for (const step of LIFE) {
    const isStruck = await live(life, step, death);
    if (isStruck) count(step.what);
    await compare(life, step);
    const isOpened = step.what === 'attach' && death.wire === toDatabase && (await openAndClose(life, death));
    died ||= isStruck || isOpened;
  }
  await expect(unfinished()).resolves.toEqual([]);
  await expect(served()).resolves.toEqual([]);
  await expect(exportRows()).resolves.toEqual([]);
  return died;
}

/** Lives until there is one in which nobody dies: all requests of all actions are behind us then. */
async function allLives(wire: FatalWire): Promise<void> {
  for (let at = 1, died = true; died; at += 1) {
    if (at > STEPS_MAX) throw new Error('the requests of an action do not end');
    const before = await aLife({ wire, at, when: 'before' });
    died = (await aLife({ wire, at, when: 'after' })) || before;
  }
}

async function someLives(wire: FatalWire, ats: readonly number[]): Promise<void> {
  let died = false;
  for (const at of ats) died = (await aLife({ wire, at, when: at % 2 === 0 ? 'before' : 'after' })) || died;
  expect(died).toBe(true);
}

test('killed at a request to CloudStack, the next daemon ends what was begun', async () => {
  await (ALL ? allLives(toCloud) : someLives(toCloud, [2, 5, 9]));
}, 3_600_000);

test('killed at a request to the database, the next daemon ends what was begun', async () => {
  await (ALL ? allLives(toDatabase) : someLives(toDatabase, [13, 38]));
}, 10_800_000);
