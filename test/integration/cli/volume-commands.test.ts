import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { CloudStand } from '../../support/cloud-stand.ts';
import { OperatorShell, type Ended } from '../../support/command.ts';
import { GoneOmaVm } from '../../support/gone-oma-vm.ts';

jest.setTimeout(120_000);

/** Volumes, what is the matter with them, and an OMA VM that is gone, as an operator types it. */

const stack = new AsyncDisposableStack();
let stand: CloudStand;
let gone: GoneOmaVm;
let run: (...words: string[]) => Promise<Ended>;

beforeAll(async () => {
  stand = stack.use(await CloudStand.start());
  const shell = stack.use(new OperatorShell());
  await stand.configured();
  gone = await GoneOmaVm.make(stand);
  const { token } = await stand.api.context.sessions.issue('ann', 1);
  const env = { MIGRATEKIT_API_URL: stand.api.url, MIGRATEKIT_API_TOKEN: token };
  run = (...words) => shell.run(words, { env });
});
afterAll(async () => stack.disposeAsync());

async function found(volumeId: string, kind: string, name: string): Promise<void> {
  const now = stand.api.db.fn.now(3);
  const row = {
    ossea_config_id: stand.api.db('ossea_configs').min('id'),
    text: `volume ${name} is odd`,
    details: '{}',
  };
  const seen = { looks: 2, first_seen_at: now, last_seen_at: now };
  await stand.api.db('volume_findings').insert({ volume_id: volumeId, kind, name, ...row, ...seen });
}

test('volumes are listed with VM, disk, device and where they are, whole and of one VM', async () => {
  expect(await run('volumes')).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(/^no volumes/) });
  const { volumeId, contextId } = await gone.volume({ vmId: null });
  const [vm] = await stand.api
    .db('vm_replication_contexts')
    .where({ context_id: contextId })
    .pluck<string[]>('vm_name');

  const { stdout } = await run('volumes');
  expect(stdout).toMatch(/^VM +DISK +SIZE +STATE +ATTACHED TO +DEVICE +NOTE +ID\n/);
  expect(stdout).toMatch(new RegExp(`\n${vm ?? ''} +disk-2000 +1.0 GiB +attached +oma-2 +/dev/vdb +${volumeId}\n`));
  const told = JSON.parse((await run('volumes', vm ?? '', '--json')).stdout) as Record<string, unknown>;
  expect(told).toMatchObject({ count: 1, volumes: [{ volume_id: volumeId, vm_name: vm }] });
  expect(await run('volumes', 'nobody')).toMatchObject({ code: 4, stderr: expect.stringContaining('context.unknown') });
});

test('findings say what to type next; what is asked for is done or refused with a reason', async () => {
  const { volumeId } = await gone.volume({ vmId: null });
  const lost = '0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0';
  await found(volumeId, 'other-size', 'migration-a');
  await found(lost, 'gone', 'migration-b');

  const { stdout, stderr } = await run('volumes', 'findings');
  expect(stdout).toMatch(
    new RegExp(`^gone {2}${lost} {2}since .*\n  volume migration-b is odd\n  next: migratekit volumes remove ${lost}`),
  );
  expect(stdout).toMatch(/\nother-size .*\n.*\n {2}next: somebody resized it/);
  expect(stderr).toBe('');
  expect(await run('volumes', 'adopt', lost)).toMatchObject({ code: 5, stderr: expect.stringContaining('wrong-kind') });
  expect(await run('volumes', 'remove', 'nothing')).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/volume-finding\.unknown[^]*hint: migratekit volumes findings/),
  });
  expect(await run('volumes', 'remove', lost)).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
  const removed = await run('volumes', 'remove', lost, '--yes', '--json');
  expect(removed.code).toBe(0);
  const { job_id: jobId } = JSON.parse(removed.stdout) as { job_id: string };

  const operations = await run('volumes', 'operations', '--status', 'pending');
  expect(operations.stdout).toMatch(new RegExp(`\n${jobId} +delete +pending +${lost} `));
  const one = JSON.parse((await run('volumes', 'operations', '--volume', lost, '--json')).stdout) as object;
  expect(one).toMatchObject({ count: 1, operations: [{ id: jobId }] });
});

test('an OMA VM is listed, and forgotten by its name where nothing of ours is there', async () => {
  const listed = await run('oma-vms');
  expect(listed.stdout).toMatch(/\noma-2 +away since .* +22 .* http:/);
  expect(await run('oma-vms', 'forget', 'oma-2')).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
  await stand.api.db('oma_vms').update({ last_seen_at: stand.api.db.fn.now(6) });
  expect(await run('oma-vms', 'forget', 'oma-2', '--yes')).toMatchObject({
    code: 5,
    stderr: expect.stringMatching(/\(oma-vm\.alive\)\n {2}hint: /),
  });
  await stand.api.db('oma_vms').update({ last_seen_at: stand.api.db.raw('now(6) - interval 1 hour') });
  const forgotten = await run('oma-vms', 'forget', 'oma-2', '--yes');
  expect(forgotten).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^oma-2 is forgotten; the disks of 2 volumes/),
  });
  expect((await run('oma-vms')).stderr).toMatch(/^no OMA VM/);
  expect(await run('oma-vms', 'forget', 'oma-2', '--yes')).toMatchObject({ code: 4 });
});
