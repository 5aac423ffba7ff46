import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hashPassword } from '../../../src/api/auth/users.ts';
import { freePort } from '../../../src/lab/embedded/free-port.ts';
import { addTarget, sourceVm, startTestApi, type TestApi } from '../../support/api.ts';
import { OperatorShell } from '../../support/command.ts';
import { makeJob } from '../../support/factories.ts';

/** Each command as a process of its own, against a real API on a real database. */

const PASSWORD = 'correct horse battery staple';

const stack = new AsyncDisposableStack();
let api: TestApi;
let shell: OperatorShell;
let env: Record<string, string>;

beforeAll(async () => {
  const users = `ann:${await hashPassword(PASSWORD)}`;
  api = stack.use(await startTestApi((config) => ({ ...config, api: { ...config.api, users } })));
  await addTarget(api.db);
  shell = stack.use(new OperatorShell());
  const { token } = await api.context.sessions.issue('tester', 1);
  env = { MIGRATEKIT_API_URL: api.url, MIGRATEKIT_API_TOKEN: token };
});
afterAll(async () => {
  await stack.disposeAsync();
});

const add = async (name: string, vcenter: string): Promise<string> => {
  const { body } = await api.call('POST', '/replications', {
    body: {
      source_vm: sourceVm(name, { id: `uuid-${name}-${vcenter}` }),
      vcenter_host: vcenter,
      start_replication: false,
    },
  });
  return String(body['context_id']);
};

describe('signing in', () => {
  const login = (...args: string[]) => ['login', '--url', api.url, '--username', 'ann', ...args];

  test('keeps a session that the next command uses, and signing out removes it', async () => {
    using own = new OperatorShell();
    const { code, stdout, stderr } = await own.run(login('--password-stdin'), { input: `${PASSWORD}\n` });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^signed in at ${api.url}/api/v1 as ann until \\d{4}-\\d\\d-\\d\\d `));
    const path = join(own.home, '.config/migratekit/session.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).not.toContain(PASSWORD);

    expect((await own.run(['jobs'])).code).toBe(0);
    expect(await own.json(['logout'])).toEqual({ removed: true, exit: 0 });
    expect(await own.run(['jobs'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('run: migratekit login'),
    });
  });

  test('takes the password from a file, and never asks where nobody could answer', async () => {
    using own = new OperatorShell();
    const file = join(own.home, 'password');
    await writeFile(file, PASSWORD);

    expect(await own.json(login('--password-file', file))).toMatchObject({ username: 'ann', exit: 0 });
    expect(await own.run(login())).toMatchObject({ code: 2, stderr: expect.stringContaining('--password-stdin') });
    expect((await own.run(login('--password-file', '/nowhere'))).code).toBe(2);
  });

  test('asks at a terminal, and shows nothing of the password', async () => {
    using own = new OperatorShell();
    const terminal = own.startAtTerminal(['login', '--url', api.url]);
    await terminal.says(/Username \[admin\]: /);
    terminal.type('ann\r');
    await terminal.says(/Password: /);
    terminal.type(`wronk\u007f\u007f\u0015${PASSWORD}\r`);

    const { code, stdout } = await terminal.ended;
    expect(stdout).toContain(`signed in at ${api.url}/api/v1 as ann`);
    expect(stdout).not.toMatch(/correct|wron/);
    expect(code).toBe(0);
    expect((await own.run(['jobs'])).code).toBe(0);
  });

  test.each(['\u0003', '\u0004'])('is given up with %j', async (key) => {
    using own = new OperatorShell();
    const terminal = own.startAtTerminal(['login', '--url', api.url, '--username', 'ann']);
    await terminal.says(/Password: /);
    terminal.type(key);

    expect(await terminal.ended).toMatchObject({ code: 130 });
  });

  test('with a wrong password stores nothing', async () => {
    using own = new OperatorShell();
    const answer = await own.json(login('--password-stdin'), { input: 'wrong' });

    expect(answer).toMatchObject({ exit: 3, error: { code: 'auth.bad-credentials', exit_status: 3 } });
    await expect(stat(join(own.home, '.config'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('is needed again when the session has expired', async () => {
    const { token } = await api.context.sessions.issue('ann', -1);
    const expired = { env: { ...env, MIGRATEKIT_API_TOKEN: token } };
    const { code, stdout, stderr } = await shell.run(['vms'], expired);

    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toBe('migratekit vms: the session has expired (auth.expired)\n  hint: run: migratekit login\n');
  });
});

describe('VMs', () => {
  test('are added from a file, from standard input and by their fields', async () => {
    const file = join(shell.home, 'vm.json');
    await writeFile(file, JSON.stringify({ source_vm: sourceVm('add-1'), vcenter_host: 'vc-a' }));
    const added = await shell.json(['vms', 'add', file], { env });
    expect(added).toMatchObject({ exit: 0, vm_name: 'add-1', vcenter_host: 'vc-a', current_status: 'discovered' });

    const input = JSON.stringify(sourceVm('add-2'));
    expect((await shell.run(['vms', 'add', '-', '--vcenter-host', 'vc-a'], { env, input })).stdout).toMatch(
      /^add-2 is known as ctx-add-2-/,
    );
    const fields = ['--name', 'add-3', '--path', '/DC/vm/add-3', '--id', 'uuid-3', '--vcenter-host', 'vc-a'];
    expect(await shell.json(['vms', 'add', ...fields], { env })).toMatchObject({ exit: 0, vm_name: 'add-3' });

    const again = await shell.json(['vms', 'add', file], { env });
    expect(again).toMatchObject({ exit: 5, error: { code: 'context.exists' } });
  });

  test('that do not fit are refused with the name of each bad field', async () => {
    const { code, stderr } = await shell.run(['vms', 'add', '-'], { env, input: '{"name": "x", "id": 7}' });
    expect(code).toBe(2);
    expect(stderr).toMatch(/standard input does not describe a VM\n {2}id: .*\n {2}path: /);
    expect(await shell.run(['vms', 'add', '-'], { env, input: '{"name' })).toMatchObject({ code: 2 });
    expect(await shell.run(['vms', 'add'], { env })).toMatchObject({ code: 2 });
    expect(await shell.run(['vms', 'add', '/nowhere.json'], { env })).toMatchObject({ code: 2 });
  });

  test('are listed by filters, in full over many pages, or as many as are wanted', async () => {
    const contexts = Array.from({ length: 1_100 }, (_, at) => ({
      context_id: `ctx-many-${at}`,
      vm_name: `many-${String(at).padStart(4, '0')}`,
      vmware_vm_id: `uuid-many-${at}`,
      vm_path: `/DC/vm/many-${at}`,
      vcenter_host: 'vc-many',
      datacenter: 'DC',
    }));
    await api.db.batchInsert('vm_replication_contexts', contexts, 200);

    const all = await shell.json(['vms', '--vcenter', 'vc-many', '--limit', '5000'], { env });
    expect(all).toMatchObject({ exit: 0, count: 1_100 });
    expect((all['vm_contexts'] as { vm_name: string }[]).map((vm) => vm.vm_name)).toEqual(
      contexts.map((vm) => vm.vm_name),
    );
    const { stdout, stderr } = await shell.run(['vms', '--vcenter', 'vc-many', '--limit', '2'], { env });
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
      ['NAME', 'VCENTER', 'STATUS'],
      ['many-0000', 'vc-many', 'discovered'],
      ['many-0001', 'vc-many', 'discovered'],
      [''],
    ]);
    expect(stderr).toBe('2 of 1100; --limit N shows more\n');
    expect(await shell.json(['vms', '--status', 'failed'], { env })).toMatchObject({ count: 0, vm_contexts: [] });
    expect(await shell.json(['vms', '--status', 'broken'], { env })).toMatchObject({ exit: 2 });
  });

  test('are shown by name, by id, and with the choices where the name is ambiguous', async () => {
    const [one, two] = [await add('twice', 'vc-a'), await add('twice', 'vc-b')];

    expect(await shell.json(['vms', 'show', two], { env })).toMatchObject({ context: { vcenter_host: 'vc-b' } });
    const { stdout } = await shell.run(['vms', 'show', 'twice', '--vcenter', 'vc-a'], { env });
    expect(stdout).toContain(`  Context     ${one}\n`);
    const { code, stderr } = await shell.run(['vms', 'show', 'twice'], { env });
    expect(code).toBe(4);
    expect(stderr).toContain(`  ${one}: /DC/vm/twice at vc-a\n  ${two}: /DC/vm/twice at vc-b\n`);
    expect(await shell.json(['vms', 'show', 'nobody'], { env })).toMatchObject({
      exit: 4,
      error: { code: 'context.unknown-name' },
    });
    expect(await shell.json(['vms', 'show', 'ctx-nobody'], { env })).toMatchObject({ exit: 4 });
  });

  test('with names that would take over a terminal are shown and not obeyed', async () => {
    await add('evil\u001b[2J\u009b31m', 'vc-evil');
    const table = await shell.run(['vms', '--vcenter', 'vc-evil'], { env });
    const json = await shell.run(['vms', '--vcenter', 'vc-evil', '--json'], { env });

    expect(table.stdout).toContain('evil\\x1b[2J\\x9b31m');
    expect(table.stdout + json.stdout).not.toMatch(/[\u001b\u009b]/);
    expect(JSON.parse(json.stdout)).toMatchObject({ vm_contexts: [{ vm_name: 'evil\u001b[2J\u009b31m' }] });
  });
});

describe('jobs', () => {
  test('are started for each VM that can be, once, and the first failure is the exit status', async () => {
    await add('rep-1', 'vc-a');
    const second = await add('rep-2', 'vc-a');
    const answer = await shell.json(['replicate', 'rep-1', 'nobody', second, 'rep-1'], { env });

    expect(answer).toMatchObject({
      exit: 4,
      jobs: [{ queue: 'replicate', source_vm: { name: 'rep-1' } }, { source_vm: { name: 'rep-2' } }],
      refused: [{ vm: 'nobody', error: { code: 'context.unknown-name' } }],
    });
    const { code, stderr } = await shell.run(['replicate', 'rep-1'], { env });
    expect(code).toBe(5);
    expect(stderr).toMatch(/\(context.busy\)\n {2}hint: .* migratekit cancel job-\d{8}-/);
  });

  test('are listed, shown and cancelled', async () => {
    await add('cancel-me', 'vc-a');
    const { jobs } = await shell.json(['replicate', 'cancel-me', '--full'], { env });
    const [started] = jobs as [{ job_id: string }];
    const id = started.job_id;

    const list = await shell.run(['jobs', '--vm', 'cancel-me'], { env });
    expect(list.stdout).toMatch(new RegExp(`^JOB .*\\n${id} {2}replicate {2}cancel-me {2}pending .*\\n$`));
    expect(
      await shell.json(['jobs', '--status', 'pending', '--queue', 'replicate', '--limit', '1'], { env }),
    ).toMatchObject({
      jobs: [{ job_id: id }],
    });
    const { stdout: page } = await shell.run(['job', id], { env });
    expect(page).toContain('  Status    pending');
    expect(page).toContain('  VM        cancel-me (ctx-cancel-me-');
    expect((await shell.run(['logs', id], { env })).stdout).toMatch(/^\d{4}-\d\d-\d\d \S+ INFO {2}job accepted /);

    expect(await shell.json(['cancel', id, '--wait'], { env })).toMatchObject({
      exit: 0,
      jobs: [{ job_id: id, status: 'cancelled' }],
    });
    expect((await shell.run(['cancel', id], { env })).stdout).toBe(`${id} is cancelled\n`);
    expect(await shell.json(['job', id], { env })).toMatchObject({ status: 'cancelled', exit: 0 });
    expect((await shell.run(['job', id, '--follow'], { env })).code).toBe(1);
  });

  test('that ended otherwise, or do not exist, are not cancelled', async () => {
    expect(await shell.json(['cancel', 'job-nobody'], { env })).toMatchObject({
      exit: 4,
      jobs: [],
      refused: [{ job_id: 'job-nobody', error: { code: 'replication.unknown' } }],
    });
    expect(await shell.json(['job', 'job-nobody'], { env })).toMatchObject({ exit: 4, error: { code: 'job.unknown' } });
    expect(await shell.json(['logs', 'job-nobody'], { env })).toMatchObject({ exit: 4 });
    expect(await shell.json(['jobs', '--vm', 'nobody'], { env })).toMatchObject({ exit: 4 });
  });

  test('that are no replications are not cancelled, and what to do instead is said', async () => {
    const { id: deletion } = await makeJob(api.db, { operation: 'delete-job', dispatch_state: 'queued' });
    const { id: replication } = await makeJob(api.db, { dispatch_state: 'queued' });
    const child = { operation: 'attach-volume', dispatch_state: 'queued', parent_job_id: replication };
    const { id: volume } = await makeJob(api.db, child);

    const { code, stderr } = await shell.run(['cancel', deletion, volume], { env });
    expect(code).toBe(5);
    expect(stderr).toContain(
      `${deletion} is a job of kind delete-job, and only replications and failovers can be cancelled`,
    );
    expect(stderr).toContain(`migratekit job ${deletion} --follow`);
    expect(stderr).toContain(`cancel the replication that asked for it: migratekit cancel ${replication}`);
    expect(await shell.json(['job', deletion], { env })).toMatchObject({ status: 'pending' });
  });

  test('that failed show why, and what to do', async () => {
    const { id } = await makeJob(api.db, {
      status: 'failed',
      dispatch_state: 'closed',
      error_code: 'vma.unreachable',
      error_message: 'the VMA does not answer',
      error_hint: 'check that the VMA runs',
    });

    expect((await shell.run(['job', id], { env })).stdout).toContain(
      '  Error     the VMA does not answer (vma.unreachable)\n  Hint      check that the VMA runs\n',
    );
  });
});

describe('whatever else', () => {
  test('help is on stdout, mistakes are on stderr with the nearest command', async () => {
    expect(await shell.run(['help'])).toMatchObject({ code: 0, stderr: '' });
    expect(await shell.run(['vms', 'show', '--help'])).toMatchObject({ code: 0, stderr: '' });
    expect(await shell.run(['help', 'replicate'])).toMatchObject({ code: 0, stderr: '' });
    expect(await shell.run(['replciate', 'web01'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('did you mean replicate?'),
    });
    expect(await shell.run(['job'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('migratekit job --help'),
    });
  });

  test('an API that is away, or is something else, ends a command with 6', async () => {
    const nowhere = { env: { ...env, MIGRATEKIT_API_URL: `http://127.0.0.1:${await freePort()}` } };
    const { code, stderr } = await shell.run(['jobs'], nowhere);
    expect(code).toBe(6);
    expect(stderr).toMatch(/^migratekit jobs: the API at http:\/\/127.0.0.1:\d+ does not answer \(ECONNREFUSED\)/);

    const page = { env: { ...env, MIGRATEKIT_API_URL: `${api.url}/login` } };
    expect(await shell.json(['jobs'], page)).toMatchObject({ exit: 6, error: { code: 'route.unknown' } });
  });

  test('settings of the servers that are wrong do not concern a client', async () => {
    expect((await shell.run(['jobs'], { env: { ...env, MIGRATEKIT_DB_PORT: 'nonsense' } })).code).toBe(0);
  });

  test('a reader that goes away ends a command quietly', async () => {
    const running = shell.start(['vms', '--limit', '100000'], { env });
    running.closeOutput();

    expect(await running.ended).toMatchObject({ stderr: '' });
  });
});
