import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { FolderVm } from '../support/folder-vm.ts';
import { migratekit, TestLab } from '../support/lab.ts';

jest.setTimeout(400_000);

interface FollowEvent {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

let lab: TestLab;

beforeAll(async () => {
  lab = await TestLab.up();
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

const Line = z.looseObject({ msg: z.string(), jobId: z.string().optional() });

/** What the processes of one kind logged about a job. */
function linesAbout(part: string, jobId: string): z.output<typeof Line>[] {
  const dir = join(lab.dir, 'logs');
  const files = readdirSync(dir).filter((name) => name.startsWith(part));
  const lines = files.flatMap((name) => readFileSync(join(dir, name), 'utf8').split('\n'));
  return lines
    .filter((line) => line.startsWith('{') && line.includes(jobId))
    .map((line) => Line.parse(JSON.parse(line)))
    .filter((line) => line.jobId === jobId);
}

/** In order: each test finds what the one before has left, as an operator would. */
describe('a VM with two disks', () => {
  test('is copied in full, and source and target are equal over the length of the source', async () => {
    const job = await lab.ended(await lab.replicate());

    expect(job).toMatchObject({ status: 'completed', configuration: { replication_type: 'initial' } });
    for (const { source, target } of await lab.hashes()) expect(target).toBe(source);
  });

  test('can be followed by the id of its job through the logs of every process', async () => {
    const { body } = await lab.api('GET', '/jobs?queue=replicate');
    const [job] = z.object({ jobs: z.array(z.object({ job_id: z.string() })) }).parse(body).jobs;
    const jobId = job?.job_id ?? '';
    const parts = ['api', 'worker', 'volume-daemon', 'vma'];
    const told = parts.map((part) => linesAbout(part, jobId));

    for (const lines of told) expect(lines).not.toEqual([]);
    expect(told[0]?.[0]).toMatchObject({ msg: 'job submitted', requestId: expect.any(String) });
    const outcomes = told.flat().filter((line) => /^job (completed|failed|cancelled)$/.test(line.msg));
    const facts = { jobId, epoch: expect.any(Number), step: 'close-source', contextId: expect.any(String) };
    expect(outcomes).toMatchObject([{ msg: 'job completed', ...facts }]);
  });

  test('is synced by its changes alone', async () => {
    await lab.write('lab-vm-1', 'disk-2000', '--random', '3000000', '--seed', '7');
    await lab.write('lab-vm-1', 'disk-2001', '--offset', '512', '--hex', 'c0ffee');
    const job = await lab.ended(await lab.replicate());

    expect(job).toMatchObject({ status: 'completed', configuration: { replication_type: 'incremental' } });
    expect(Number(job['bytes_transferred'])).toBeLessThan(8_000_000);
    for (const { source, target } of await lab.hashes()) expect(target).toBe(source);
  });

  test('may have changed nowhere: the cycle ends all the same', async () => {
    const job = await lab.ended(await lab.replicate());

    expect(job).toMatchObject({ status: 'completed', progress_percent: 100, bytes_transferred: 0 });
  });

  test('is shown with the numbers and times of its jobs', async () => {
    const { body } = await lab.api('GET', '/vm-contexts/lab-vm-1');

    expect(body).toMatchObject({
      context: {
        vm_name: 'lab-vm-1',
        current_status: 'ready_for_failover',
        current_job_id: null,
        total_jobs_run: 3,
        successful_jobs: 3,
        failed_jobs: 0,
      },
      current_job: null,
    });
    expect(body['job_history']).toHaveLength(3);
    expect(body['disks']).toHaveLength(2);
    expect(body['cbt_history']).toHaveLength(6);
  });

  test('is followed from the shell, disk by disk, to the end', async () => {
    const args = ['replicate', 'lab-vm-1', '--full', '--follow', '--json', '--lab', lab.dir];
    const { stdout } = await migratekit(args);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as FollowEvent);

    expect(events[0]).toMatchObject({ event: 'accepted', data: { source_vm: { name: 'lab-vm-1' } } });
    expect(events.at(-1)).toMatchObject({ event: 'end' });
    expect(events.filter(({ event }) => event === 'job').at(-1)?.data).toMatchObject({ status: 'completed' });
    const progress = events.filter(({ event }) => event === 'progress').at(-1)?.data;
    expect(progress).toMatchObject({ percent: 100, disks: [{ percent: 100 }, { percent: 100 }] });
    const logged = events.filter(({ event }) => event === 'log').map(({ data }) => Number(data['id']));
    expect(logged).toEqual([...new Set(logged)].sort((one, other) => one - other));
    const { stdout: jobs } = await migratekit(['jobs', '--vm', 'lab-vm-1', '--queue', 'replicate', '--lab', lab.dir]);
    expect(jobs).toMatch(/ replicate +lab-vm-1 +completed +100 % /);
  });

  test('has one active job at a time: the second post is refused with 409', async () => {
    await lab.write('lab-vm-1', 'disk-2000', '--random', '3000000', '--seed', '8');
    const posts = await Promise.all([1, 2].map(() => lab.api('POST', '/replications', { vm_name: 'lab-vm-1' })));

    expect(posts.map((post) => post.status).sort()).toEqual([202, 409]);
    const accepted = posts.find((post) => post.status === 202);
    await lab.ended(String(accepted?.body['job_id']));
  });
});

test('its CloudStack is found fit, and has the VM of the appliance, by the keys that lab up tells', async () => {
  const { endpoint, ...keys } = lab.state.cloudstack;
  const asked = { api_url: endpoint, ...keys };
  const found = await lab.api('POST', '/settings/cloudstack/detect-oma-vm', asked);
  expect(found.body).toMatchObject({ success: true, oma_info: { vm_name: 'oma' } });
  const whole = await lab.api('POST', '/settings/cloudstack/validate', { config_id: 0 });
  expect(whole.body).toMatchObject({ success: true, result: { overall_status: 'pass' } });
});

describe('what cannot work ends with a code, a message and a hint', () => {
  test('a VM that nobody knows', async () => {
    const { status, body } = await lab.api('POST', '/replications', { vm_name: 'nobody' });

    expect(status).toBe(404);
    expect(body).toMatchObject({ code: expect.any(String), detail: expect.any(String), hint: expect.any(String) });
  });

  test('a snapshot that vCenter refuses', async () => {
    const fault = { method: 'CreateSnapshot_Task', kind: 'task-fault', fault: 'NoPermission' };
    await lab.vcenter('faults', fault);
    const job = await lab.ended(await lab.replicate());

    expectFailure(job);
    expect(job).toMatchObject({ error_code: 'vsphere.no-permission' });
  });

  test('and once mended, the next cycle completes', async () => {
    const job = await lab.ended(await lab.replicate());

    expect(job).toMatchObject({ status: 'completed' });
    for (const { source, target } of await lab.hashes()) expect(target).toBe(source);
  });
});

/** In order, as above. */
describe('a VM that is a folder of disk images', () => {
  let folder: FolderVm;

  beforeAll(() => {
    folder = new FolderVm(lab, 'images');
  });

  test('is copied in full', async () => {
    const job = await lab.ended(await folder.add());

    expect(job).toMatchObject({ status: 'completed', configuration: { replication_type: 'initial' } });
    await folder.expectEqual();
  });

  test('is synced by its changes alone', async () => {
    folder.write('data.img', 5);
    const job = await lab.ended(await lab.replicate('images'));

    expect(job).toMatchObject({ status: 'completed', configuration: { replication_type: 'incremental' } });
    expect(Number(job['bytes_transferred'])).toBeLessThan(200_000);
    await folder.expectEqual();
  });

  test('fails without one of its disks', async () => {
    const path = folder.file('data.img');
    renameSync(path, `${path}.away`);
    const job = await lab.ended(await lab.replicate('images'));
    renameSync(`${path}.away`, path);

    expectFailure(job);
  });

  test('fails with an image that has a backing file outside the folder', async () => {
    const path = folder.file('data.img');
    renameSync(path, `${path}.away`);
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', '/etc/hostname', path]);
    const job = await lab.ended(await lab.replicate('images'));
    renameSync(`${path}.away`, path);

    expectFailure(job);
  });

  test('gets no volume when it is new and reaches out of its folder', async () => {
    const hostile = new FolderVm(lab, 'hostile');
    const path = hostile.file('data.img');
    rmSync(path);
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', '/etc/hostname', path, '1M']);
    const before = (await lab.status()).volumes;
    const job = await lab.ended(await hostile.add());

    expectFailure(job);
    expect(job).toMatchObject({ error_code: 'source.image-refused' });
    expect((await lab.status()).volumes).toEqual(before);
  });

  test('once mended, and with a disk that has outgrown its volume, has the volume grown', async () => {
    truncateSync(folder.file('data.img'), 2 ** 30 + 2 ** 24);
    expect(await lab.ended(await lab.replicate('images'))).toMatchObject({ status: 'completed' });
    await folder.expectEqual();
  });

  test('and then its changes are enough again', async () => {
    folder.write('data.img', 6);
    const job = await lab.ended(await lab.replicate('images'));
    expect(job).toMatchObject({ status: 'completed', configuration: { replication_type: 'incremental' } });
    await folder.expectEqual();
  });
});

function expectFailure(job: Record<string, unknown>): void {
  expect(job).toMatchObject({
    status: 'failed',
    error_code: expect.stringMatching(/^[a-z-]+\.[a-z-]+$/),
    error_message: expect.stringMatching(/./),
    error_hint: expect.stringMatching(/./),
  });
}
