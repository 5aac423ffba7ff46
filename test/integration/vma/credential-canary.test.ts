import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import { TestVcenter } from '../../support/vcenter.ts';
import { clientOf, filesBelow, TOKEN, until } from '../../support/vma-stand.ts';
import { accessOf } from '../../support/watched-vcenter.ts';

// The password of an account, random and found nowhere else, goes through everything that a VMA does with it, in a process
// that logs all it can; then every place is searched in which it could have been left. What cannot find a word where it is
// planted proves nothing, so that comes first.

const WRONG = `canary-${randomBytes(8).toString('hex')}`;
const PLANTED = `planted-${randomBytes(8).toString('hex')}`;
const WEB = '/Lab/vm/web';

const stack = new AsyncDisposableStack();
let vcenter: TestVcenter;
let home: string;
let vma: ChildProcess;
let url: string;
let log = '';
beforeAll(async () => {
  const disks = [{ capacityBytes: 8 * MiB }];
  vcenter = stack.use(await TestVcenter.start({ taskDelayMs: 1, vms: [{ name: 'web', disks }] }));
  home = await mkdtemp(join(tmpdir(), 'mkcan-'));
  stack.defer(() => rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  vma = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, join(process.cwd(), 'src/bin/vma.ts')], {
    env: {
      PATH: process.env['PATH'],
      MIGRATEKIT_VMA_TOKEN: TOKEN,
      MIGRATEKIT_VMA_PORT: '0',
      MIGRATEKIT_STATE_DIR: join(home, 'state'),
      MIGRATEKIT_RUN_DIR: join(home, 'run'),
      MIGRATEKIT_VMA_FROZEN_DIR: vcenter.simulator.frozenDir,
      MIGRATEKIT_LOG_LEVEL: 'trace',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(vma, 'exit');
  stack.defer(async () => {
    vma.kill('SIGTERM');
    await exited;
  });
  for (const stream of [vma.stdout, vma.stderr]) stream?.on('data', (data: Buffer) => (log += data.toString()));
  url = await until(() => /"url":"([^"]+)"/.exec(log)?.[1]);
}, 90_000);
afterAll(() => stack.disposeAsync());

/** Where the word is: log, answers, arguments of processes, files of the VMA. */
async function placesOf(word: string, answers: readonly string[]): Promise<string[]> {
  const found = [log, ...answers].flatMap((text, index) =>
    text.includes(word) ? [index === 0 ? 'log' : 'answer'] : [],
  );
  for (const name of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const line = await readFile(join('/proc', name, 'cmdline'), 'utf8').catch(() => '');
    if (line.includes(word)) found.push('arguments');
  }
  for (const file of await filesBelow(home)) {
    const text = await readFile(file, 'latin1').catch(() => '');
    if (text.includes(word)) found.push('files');
  }
  return [...new Set(found)].toSorted();
}

async function call(method: string, path: string, options: { body?: unknown; header?: string } = {}): Promise<string> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
      ...(options.header === undefined ? {} : { 'x-vcenter-access': options.header }),
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  return response.text();
}

test('a word that is left behind is found', async () => {
  await writeFile(join(home, 'planted'), `x${PLANTED}x`);
  const planted = spawn('sh', ['-c', 'read line', PLANTED], { stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = once(planted, 'exit');
  const answer = await call('GET', `/${PLANTED}`);
  const places = await placesOf(PLANTED, [answer]);
  planted.kill('SIGKILL');
  await ended;

  expect(places).toEqual(['answer', 'arguments', 'files', 'log']);
});

test('the password of an account is left nowhere, whether it was right or wrong', async () => {
  const right = accessOf(vcenter);
  const wrong = { ...right, password: WRONG };
  const client = clientOf(url);
  const answers: string[] = [];
  const session = { kind: 'vsphere', vm: WEB, installation_id: 'here', disks: [{ disk_id: 'disk-2000' }], epoch: 1 };
  for (const [index, access] of [right, wrong].entries()) {
    const header = Buffer.from(JSON.stringify(access)).toString('base64');
    const [vm, vms] = [`/vm/${encodeURIComponent(WEB)}`, `/vms/${encodeURIComponent(WEB)}`];
    const stored = { id: 'x', name: 'web', path: WEB, disks: [] };
    answers.push(
      await call('POST', '/discover', { body: access }),
      await call('POST', '/discover', { body: { ...access, filter: 7 } }),
      await call('POST', '/discover', { body: { ...access, thumbprint: 'AB'.repeat(20) } }),
      await call('POST', '/discover', { body: { ...access, vcenter: 'https://127.0.0.1:1' } }),
      await call('POST', '/discover', { body: { ...access, vcenter: `https://u:${access.password}@127.0.0.1` } }),
      await call('POST', `/discover?password=${access.password}`, { body: access }),
      await call('GET', `${vm}/power-state`, { header }),
      await call('GET', `${vm}/power-state`, { header: header.slice(0, -9) }),
      await call('POST', `${vm}/power-off`, { body: { ...access, timeout: 0.2 } }),
      await call('POST', `${vm}/power-on`, { body: access }),
      await call('POST', `${vms}/cbt-status`, { body: access }),
      await call('POST', '/vm-spec-changes', { body: { ...access, vm_path: WEB, stored_vm_info: stored } }),
      await call('POST', '/replicate', { body: { ...access, job_id: 'j', vm_paths: [WEB] } }),
      await call('PUT', '/config', { body: access }),
      await call('POST', '/source-sessions', { body: { ...session, job_id: `job-${index}`, credentials: access } }),
      await call('POST', '/snapshots/find', { body: { ...access, installation_id: 'here' } }),
      await call('POST', '/cleanup', {
        body: { job_id: `job-${index}`, action: 'cleanup_all', installation_id: 'here', credentials: access },
      }),
    );
  }
  // While a session is there its access is on disk, sealed.
  await client.createSession({ ...session, kind: 'vsphere', job_id: 'job-9', credentials: right });
  answers.push(await call('GET', '/source-sessions'));
  expect(answers.filter((answer) => answer.includes('vsphere.invalid-login')).length).toBeGreaterThan(5);
  expect(answers.filter((answer) => answer.includes('"success":true'))).toHaveLength(2);

  // Its longest part that every format writes as it is: a random password may have a hyphen anywhere.
  const [plain = ''] = (right.password.match(/\w+/g) ?? []).toSorted((one, other) => other.length - one.length);
  expect(plain.length).toBeGreaterThan(8);
  expect(await placesOf(plain, answers)).toEqual([]);
  expect(await placesOf(WRONG, answers)).toEqual([]);
  await client.endSession('job-9', { epoch: 1, committed: false });
}, 60_000);
