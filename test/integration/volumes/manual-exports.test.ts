import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { TestDatabase } from '../../support/database.ts';
import { makeContext, makeDisk, makeJob, makeReplicationJob } from '../../support/factories.ts';
import { connectWriter } from '../../support/nbd-writer.ts';
import { processNaming } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import type { TestDaemon } from '../../support/volume-daemon.ts';
import { VolumeStand } from '../../support/volume-stand.ts';

const AT = { offset: 4096, length: 4096 };

let stand: VolumeStand;
let database: TestDatabase;
let daemon: TestDaemon;
/** Attached to the appliance, and the target of a disk. */
let volumeId: string;
let devicePath: string;
let diskId: number;
let vmName: string;
beforeAll(async () => {
  stand = await VolumeStand.start();
  ({ database, daemon } = stand);
});
afterAll(async () => stand[Symbol.asyncDispose]());
beforeEach(async () => {
  const context = await makeContext(database.knex);
  vmName = String(context['vm_name']);
  volumeId = await stand.made({ vm_context_id: context.context_id });
  const attached = await stand.attach(volumeId);
  devicePath = String(attached.response?.['device_path']);
  const job = await makeReplicationJob(database.knex, context.context_id, { status: 'completed' });
  const [row] = await database.knex('ossea_volumes').where({ volume_id: volumeId }).select<{ id: number }[]>('id');
  const owner = { contextId: context.context_id, jobId: String(job.id) };
  diskId = (await makeDisk(database.knex, owner, { ossea_volume_id: row?.id })).id;
});

type Reply = Awaited<ReturnType<TestDaemon['call']>>;
const byHand = (body: object = {}): Promise<Reply> => daemon.call('POST', '/exports', { volume_id: volumeId, ...body });
const uriOf = ({ body }: Reply): string => (body['metadata'] as { uris: { unix: string } }).uris.unix;
async function generation(): Promise<number> {
  const [row] = await database
    .knex('vm_disks')
    .where({ id: diskId })
    .select<{ target_generation: number }[]>('target_generation');
  return row?.target_generation ?? -1;
}
const issues = async (): Promise<Record<string, unknown>[]> =>
  (await daemon.call('POST', '/exports/validate', {})).body['issues'] as Record<string, unknown>[];
const ofVolume = (rows: unknown): Record<string, unknown>[] =>
  (rows as Record<string, unknown>[]).filter((row) => row['volume_id'] === volumeId);

async function runningJob(): Promise<{ job_id: string; epoch: number }> {
  const job = await makeJob(database.knex, {
    status: 'running',
    dispatch_state: 'claimed',
    lease_epoch: 1,
    // Longer than the test: nobody may take it for dead.
    lease_expires_at: database.knex.raw('now(6) + interval 1 hour'),
  });
  return { job_id: job.id, epoch: 1 };
}

describe('an export by hand', () => {
  test('is read-only unless asked otherwise, and stays while no job needs the volume', async () => {
    const before = await generation();
    const opened = await byHand({ vm_name: 'by-hand', disk_number: 0, metadata: { ticket: 'T-17' } });
    expect(opened).toMatchObject({
      status: 201,
      body: { volume_id: volumeId, status: 'active', device_path: devicePath, job_id: null },
    });
    await using client = await connectWriter(uriOf(opened));
    await expect(client.write(0x11, AT)).resolves.not.toMatch(/^wrote/);
    await expect(generation()).resolves.toBe(before);
    for (const name of ['by-hand', vmName]) {
      const { body } = await daemon.call('GET', `/exports?vm_name=${encodeURIComponent(name)}`);
      expect(ofVolume(body['exports'])).toHaveLength(1);
    }
    expect((await daemon.call('GET', '/exports?vm_name=nobody')).body['count']).toBe(0);
    await expect(issues()).resolves.toEqual([]);
  });

  test('that may be written to makes the next copy a full one, before the first byte', async () => {
    const before = await generation();
    const opened = await byHand({ read_only: false });
    await expect(generation()).resolves.toBe(before + 1);
    await using client = await connectWriter(uriOf(opened));
    await expect(client.write(0x22, AT)).resolves.toMatch(/^wrote 4096/);
    await expect(issues()).resolves.toEqual([]);
  });

  test('is refused for another device than the volume is, and for a volume that is not here', async () => {
    await expect(byHand({ device_path: '/dev/null' })).resolves.toMatchObject({
      status: 409,
      body: { code: 'export.other-device' },
    });
    await expect(byHand({ device_path: devicePath })).resolves.toMatchObject({ status: 201 });
    await expect(byHand({ volume_id: randomUUID() })).resolves.toMatchObject({
      status: 409,
      body: { code: 'export.not-attached' },
    });
  });

  test('gives way to a job, and does not take the volume from one', async () => {
    const opened = await byHand();
    const job = await runningJob();
    await expect(daemon.call('POST', `/exports/${volumeId}/open`, job)).resolves.toMatchObject({ status: 200 });
    expect(() => execFileSync('nbdinfo', [uriOf(opened)], { stdio: 'ignore' })).toThrow();
    await expect(byHand()).resolves.toMatchObject({ status: 409, body: { code: 'export.in-use' } });
    const { body } = await daemon.call('POST', '/exports/cleanup/age', { max_age_hours: 0, dry_run: false });
    expect(ofVolume(body['exports'])).toMatchObject([
      { removed: false, error: expect.stringContaining('export.in-use') },
    ]);
    await daemon.call('POST', `/exports/${volumeId}/close`, job);
  });

  test('is served again, read-only as before, after qemu died', async () => {
    const opened = await byHand();
    const uri = uriOf(opened);
    const folder = decodeURIComponent(new URL(uri).searchParams.get('socket') ?? '').replace(/\/nbd\.sock$/, '');
    process.kill(processNaming(folder, 'qemu-storage-daemon'), 'SIGKILL');
    // While qemu is not back there is no list to compare with, and the answer says so.
    const isServed = async (): Promise<boolean> =>
      (await daemon.call('POST', '/exports/validate', {})).body['ok'] === true;
    await until(isServed, { withinMs: 60_000, what: 'all exports served again' });
    await using client = await connectWriter(uri);
    await expect(client.write(0x11, AT)).resolves.not.toMatch(/^wrote/);
  });
});

describe('exports that nobody needs', () => {
  test('are counted, shown with reasons, and removed only when asked to', async () => {
    await byHand();
    await database.knex('device_mappings').where({ volume_uuid: volumeId }).update({ operation_mode: 'failover' });
    const { body } = await daemon.call('POST', '/exports/cleanup', {});
    expect(body).toMatchObject({ dry_run: true });
    expect(ofVolume(body['exports'])).toMatchObject([{ reasons: ['attached to another VM'], removed: false }]);
    const count = Number((await daemon.call('GET', '/exports/orphaned/count')).body['count']);
    expect(count).toBeGreaterThan(0);
    const done = await daemon.call('POST', '/exports/cleanup', { dry_run: false });
    expect(ofVolume(done.body['exports'])).toMatchObject([{ removed: true, error: null }]);
    expect((await daemon.call('GET', '/exports/orphaned/count')).body['count']).toBe(0);
    expect((await daemon.call('GET', `/exports/${volumeId}`)).status).toBe(404);
  });

  test('are removed by their age', async () => {
    await byHand();
    const shown = await daemon.call('POST', '/exports/cleanup/age', { max_age_hours: 1 });
    expect(ofVolume(shown.body['exports'])).toEqual([]);
    await database
      .knex('nbd_exports')
      .where({ volume_id: volumeId })
      .update({ updated_at: database.knex.raw('now() - interval 3 hour') });
    const { body } = await daemon.call('POST', '/exports/cleanup/age', { max_age_hours: 2, dry_run: false });
    expect(ofVolume(body['exports'])).toMatchObject([{ removed: true, reasons: ['older than 2 hours'] }]);
  });
});

describe('a validation', () => {
  test('names what is served and not written, and written and not served', async () => {
    await byHand();
    await database
      .knex('nbd_exports')
      .where({ volume_id: volumeId })
      .update({ metadata: database.knex.raw(`json_set(metadata, '$.size_bytes', 512)`) });
    expect(ofVolume(await issues())).toMatchObject([{ code: 'other-size' }]);
    const row: unknown = await database.knex('nbd_exports').where({ volume_id: volumeId }).first();
    const { body } = await daemon.call('DELETE', `/exports/${volumeId}`);
    expect(body).toMatchObject({ closed: true });
    await database.knex('nbd_exports').insert({ ...(row as object), status: 'active' });
    expect(ofVolume(await issues())).toMatchObject([{ code: 'not-served' }]);
  });
});
