import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { presentReport } from '../../../src/api/snapshots/report.ts';
import { toConfig, type Config } from '../../../src/config/config.ts';
import { readEnv } from '../../../src/config/env.ts';
import { Secret } from '../../../src/config/secrets.ts';
import { inTransaction } from '../../../src/db/knex.ts';
import { openSecretBox } from '../../../src/db/secret-box.ts';
import { findJob } from '../../../src/db/stores/job-rows.ts';
import { isDue } from '../../../src/db/stores/periodic-store.ts';
import { sweptVcenters } from '../../../src/db/stores/snapshot-finding-store.ts';
import { changeCredential, insertCredential } from '../../../src/db/stores/vmware-credential-store.ts';
import { sweepSnapshotsProcessor, type SweepDeps } from '../../../src/processors/sweep-snapshots/index.ts';
import { sweepSchedule } from '../../../src/processors/sweep-snapshots/schedule.ts';
import { bindJob, catalogue } from '../../../src/queues/catalogue.ts';
import { sweepSnapshots } from '../../../src/queues/jobs/sweep-snapshots.ts';
import { submit } from '../../../src/queues/submit.ts';
import { startWorkers, type Workers } from '../../../src/queues/work.ts';
import { createVmaClient } from '../../../src/vma/client.ts';
import { startVma } from '../../../src/vma/start.ts';
import { snapshotDescription, snapshotName } from '../../../src/vma/vsphere/snapshot-tag.ts';
import { readInventory } from '../../../src/vsphere/inventory/inventory.ts';
import { VsphereSession } from '../../../src/vsphere/session.ts';
import { createSnapshot, listSnapshots, removeSnapshot } from '../../../src/vsphere/snapshots.ts';
import type { ObjectRef } from '../../../src/vsphere/soap/reference.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { makeJob } from '../../support/factories.ts';
import { testRedis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';
import { BUILD_TIMEOUT_MS, Vcsim } from '../../support/vcsim.ts';

const WITHIN = { withinMs: 60_000 };
const PASSWORD = 'password';
const TIMING = { MIGRATEKIT_RECONCILE_MS: '300', MIGRATEKIT_RELAY_MS: '100', MIGRATEKIT_RETRY_FIRST_MS: '100' };

const stack = new AsyncDisposableStack();
let database: TestDatabase;
let vcsim: Vcsim;
let session: VsphereSession;
let vm: ObjectRef;
let config: Config;
let credentialId: number;
beforeAll(async () => {
  database = stack.use(await createTestDatabase());
  vcsim = stack.use(await Vcsim.start({ password: PASSWORD }));
  session = stack.use(await VsphereSession.open(vcsim.settings()));
  const { virtualMachines } = await readInventory(session);
  const empty = virtualMachines.find((each) => each.snapshots.length === 0);
  if (empty === undefined) throw new Error('the simulator has no VM without snapshots');
  vm = empty.ref;
  const home = await mkdtemp(join(tmpdir(), 'mk-sweep-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  config = await withVma(home);
  credentialId = await inTransaction(database.knex, (trx) =>
    insertCredential(trx, openSecretBox(config), {
      credentialName: 'simulator',
      vcenterHost: vcsim.settings().address,
      username: vcsim.settings().username,
      datacenter: 'DC0',
      vcenterThumbprint: vcsim.thumbprint,
      vcenterCa: null,
      isActive: true,
      password: new Secret(PASSWORD),
      createdBy: 'tester',
    }),
  );
}, BUILD_TIMEOUT_MS);
afterAll(() => stack.disposeAsync());
beforeEach(async () => {
  for (const { ref } of await listSnapshots(session, vm)) await removeSnapshot(session, ref, { pollMs: 5 });
});

async function withVma(home: string): Promise<Config> {
  const env = {
    ...TIMING,
    MIGRATEKIT_INSTALLATION_ID: 'here',
    MIGRATEKIT_STATE_DIR: home,
    MIGRATEKIT_RUN_DIR: join(home, 'run'),
    MIGRATEKIT_VMA_TOKEN: 'token-of-the-vma-of-the-tests',
    MIGRATEKIT_VMA_PORT: '0',
    MIGRATEKIT_SECRETS_KEY: randomBytes(32).toString('base64'),
    MIGRATEKIT_LOG_LEVEL: 'silent',
  };
  const vma = await startVma(toConfig(readEnv(env)).vma, { reserveBytes: 0 });
  stack.defer(() => vma.close(1_000));
  return toConfig(readEnv({ ...env, MIGRATEKIT_VMA_URL: vma.url }));
}

const deps = (changes: Partial<SweepDeps> = {}): SweepDeps => ({
  db: database.knex,
  box: openSecretBox(config),
  vma: createVmaClient(config.vmaPeer),
  installationId: config.installationId,
  snapshots: config.snapshots,
  ...changes,
});

function work(of: SweepDeps, scheduleMs = 0): Workers {
  return startWorkers({
    db: database.knex,
    redis: testRedis(),
    ledger: config.ledger,
    catalogue,
    worker: { name: 'sweeper', concurrency: 1, shutdownMs: 5_000 },
    jobs: [bindJob(sweepSnapshots, sweepSnapshotsProcessor(of))],
    periodic: sweepSchedule(scheduleMs),
  });
}

/** One sweep. @returns its result, and what operators see afterwards */
async function sweep(of = deps()): Promise<{ result: unknown; report: Record<string, unknown>; lines: string[] }> {
  await using workers = work(of);
  const { jobId } = await submit(workers.ledger, { contract: sweepSnapshots, payload: {}, root: false });
  const job = await until(
    async () => {
      const row = await findJob(database.knex, jobId);
      return row?.dispatchState === 'closed' ? row : undefined;
    },
    { ...WITHIN, what: 'the end of the sweep' },
  );
  expect(job).toMatchObject({ status: 'completed', errorCode: null });
  await workers.close();
  const rows = await database.knex('log_events').where({ job_id: jobId }).select<{ message: string }[]>('message');
  return {
    result: JSON.parse(job.resultJson ?? 'null'),
    report: presentReport(await sweptVcenters(database.knex), Date.now()),
    lines: rows.map((row) => row.message),
  };
}

async function leave(jobId: string, changes: { installationId?: string; name?: string; description?: string } = {}) {
  const tag = { installationId: changes.installationId ?? 'here', jobId, epoch: 1 };
  const { ref } = await createSnapshot(session, vm, {
    name: changes.name ?? snapshotName(tag),
    description: changes.description ?? snapshotDescription(tag),
    quiesce: false,
    pollMs: 5,
  });
  return ref.id;
}
const left = async (): Promise<string[]> => (await listSnapshots(session, vm)).map(({ ref }) => ref.id);
const closed = (status: string) => makeJob(database.knex, { status, dispatch_state: 'closed' });

describe('a sweep', () => {
  test.each(['completed', 'failed', 'cancelled'])(
    'removes what a job left that is %s, and nothing else',
    async (status) => {
      const { id: ended } = await closed(status);
      const { id: running } = await makeJob(database.knex, { status: 'running', dispatch_state: 'closed' });
      const stay = [
        await leave(running),
        await leave(ended, { installationId: 'elsewhere' }),
        await leave(ended, { description: 'by a person who likes our name' }),
        await leave(ended, { name: 'of a person' }),
        await leave('job-nobody-knows'),
      ];
      const goes = await leave(ended);
      const { result, report, lines } = await sweep();
      await until(async () => !(await left()).includes(goes), { ...WITHIN, what: 'the removal' });

      expect(await left()).toEqual(stay);
      expect(result).toMatchObject({ vcenters: 1, away: 0, found: 3, removing: 1 });
      expect(lines).toContain('leftover snapshot is being removed');
      expect(report['snapshots']).toMatchObject([
        { job_id: running, state: 'job-active', next_step: expect.stringContaining('cancel'), vm_ref: vm.id },
        { job_id: 'job-nobody-knows', state: 'job-unknown', age_hours: 0, error: null },
        { job_id: ended, state: 'removing', snapshot_ref: goes },
      ]);
      expect(report['vcenters']).toMatchObject([{ credential_name: 'simulator', error: null, other_snapshots: 5 }]);
    },
  );

  test('may be done twice, and then finds nothing', async () => {
    const { id } = await closed('failed');
    const goes = await leave(id);
    await Promise.all([sweep(), sweep()]);
    await until(async () => !(await left()).includes(goes), { ...WITHIN, what: 'the removal' });

    expect((await sweep()).result).toMatchObject({ found: 0, removing: 0 });
  });

  test('alarms by age and by free space, in the report and in the log', async () => {
    await leave('job-nobody-knows');
    const levels = { warnPercent: 100, stopPercent: 100, removePercent: 0 };
    const { report, lines } = await sweep(deps({ snapshots: { alarmHours: 0, levels } }));

    expect(report['alarms']).toMatchObject([
      { code: 'snapshot.space', level: 'critical', about: 'LocalDS_0', next_step: expect.any(String) },
      { code: 'snapshot.old', level: 'warn', text: expect.stringContaining('0 hours old') },
    ]);
    expect(lines.filter((line) => line === 'snapshot alarm')).toHaveLength(2);
    expect((await sweep()).report['alarms']).toEqual([]);
  });

  test('waits quietly for a vcenter that is away, and keeps what it knew', async () => {
    await leave('job-nobody-knows');
    const before = (await sweep()).report;
    await database.knex('vmware_credentials').update({ vcenter_thumbprint: 'AB:'.repeat(31) + 'AB' });
    const { result, report } = await sweep();
    await database.knex('vmware_credentials').update({ vcenter_thumbprint: vcsim.thumbprint });

    expect(result).toEqual({ vcenters: 1, away: 1, found: 0, removing: 0, alarms: 0 });
    expect(report['snapshots']).toMatchObject(before['snapshots'] as object[]);
    expect(report['vcenters']).toMatchObject([
      { error: { code: 'vsphere.certificate-changed' }, checked_at: expect.any(String) },
    ]);
  });

  test('waits quietly for a VMA that is away', async () => {
    const vma = createVmaClient({ url: 'http://127.0.0.1:9', token: new Secret('x'.repeat(16)) });
    const { result, report } = await sweep(deps({ vma }));

    expect(result).toMatchObject({ vcenters: 1, away: 1 });
    expect(report['vcenters']).toMatchObject([{ error: { code: 'vma.unreachable' } }]);
  });

  test('shows what cannot be removed, with the reason, and goes on with the others', async () => {
    const { id } = await closed('failed');
    const refs = [await leave(id), await leave((await closed('failed')).id)];
    const client = createVmaClient(config.vmaPeer);
    const vma: SweepDeps['vma'] = {
      findSnapshots: (request, options) => client.findSnapshots(request, options),
      // The tag of another snapshot: the VMA looks again and refuses.
      removeSnapshot: (request, options) =>
        client.removeSnapshot({ ...request, tag: request.snapshot_ref === refs[0] ? 'other' : request.tag }, options),
    };
    const { report } = await sweep(deps({ vma }));
    await until(async () => !(await left()).includes(refs[1] ?? ''), { ...WITHIN, what: 'the removal' });

    expect(await left()).toEqual([refs[0]]);
    expect(report['snapshots']).toMatchObject([
      { snapshot_ref: refs[0], state: 'removal-failed', error: { code: 'snapshot.not-ours' } },
      { snapshot_ref: refs[1], state: 'removing' },
    ]);
    expect(report['alarms']).toMatchObject([{ code: 'snapshot.removal-failed' }]);
  });
});

describe('the schedule of sweeps', () => {
  const sweeps = async (): Promise<number> =>
    (await database.knex('job_tracking').where({ operation: 'sweep-snapshots' }).select('id')).length;

  test('submits one when one is due, and not before the next is', async () => {
    await database.knex('job_tracking').where({ operation: 'sweep-snapshots' }).delete();
    const [schedule] = sweepSchedule(3_600_000);
    const due = (): Promise<boolean> => isDue(database.knex, schedule?.name ?? '', 3_600_000);
    expect(await due()).toBe(true);
    const first = work(deps(), 3_600_000);
    await until(async () => (await sweeps()) === 1, { ...WITHIN, what: 'the first sweep' });
    await first.close();
    expect(await due()).toBe(false);
    const rows = database.knex('job_tracking').where({ operation: 'sweep-snapshots' });
    await rows.clone().update({ created_at: database.knex.raw('now() - interval 2 hour'), status: 'running' });
    expect(await due()).toBe(false);
    await rows.clone().update({ status: 'completed', dispatch_state: 'closed' });
    const second = work(deps(), 3_600_000);

    await until(async () => (await sweeps()) === 2, { ...WITHIN, what: 'the second sweep' });
    await second.close();
  });

  test('submits none where there is no vcenter to look at', async () => {
    await inTransaction(database.knex, (trx) => changeCredential(trx, credentialId, { isActive: false }));
    const [schedule] = sweepSchedule(1_000);

    await expect(schedule?.isWanted(database.knex)).resolves.toBe(false);
    expect(sweepSchedule(0)).toEqual([]);
  });
});
