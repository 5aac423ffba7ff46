import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { processEnv } from '../../support/process-env.ts';
import { until } from '../../support/until.ts';

const stack = new AsyncDisposableStack();
let env: Record<string, string | undefined>;
beforeAll(async () => {
  const database: TestDatabase = stack.use(await createTestDatabase());
  const stateDir = await mkdtemp(join(tmpdir(), 'mk-bin-'));
  stack.defer(() => rm(stateDir, { recursive: true, force: true }));
  env = { ...process.env, ...processEnv(database, stateDir) };
});
afterAll(async () => {
  await stack.disposeAsync();
});

interface Running {
  readonly process: ChildProcess;
  readonly log: () => string;
  readonly ended: Promise<number | null>;
}

function run(program: string, args: readonly string[] = [], settings: Record<string, string> = {}): Running {
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', '--', process.execPath, join(process.cwd(), 'src/bin', program), ...args],
    { env: { ...env, ...settings }, stdio: ['pipe', 'pipe', 'pipe'] },
  );
  let log = '';
  child.stderr.on('data', (data: Buffer) => (log += data.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  return { process: child, log: () => log, ended };
}

/** Runs to the end and returns what it printed. */
async function output(
  program: string,
  args: readonly string[],
  input = '',
): Promise<{ out: string; code: number | null }> {
  const running = run(program, args);
  running.process.stdin?.end(input);
  const out = running.process.stdout === null ? '' : await text(running.process.stdout);
  return { out: out.trim(), code: await running.ended };
}

const urlOf = (api: Running): Promise<string> =>
  until(() => /"url":"([^"]+)"/.exec(api.log())?.[1], { withinMs: 60_000, what: `the api to listen: ${api.log()}` });

test('two processes that start at once share the admin and the sessions, and end on SIGTERM', async () => {
  const apis = [run('api.ts'), run('api.ts')];
  try {
    const urls = await Promise.all(apis.map(urlOf));
    const { out: password } = await output('admin.ts', ['password']);
    expect(password).toMatch(/^[\w-]{32}$/);
    expect(apis.map((api) => api.log()).join('')).not.toContain(password);

    for (const [index, url] of urls.entries()) {
      const login = await fetch(`${url}/api/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'admin', password }),
      });
      const { session_token: token } = (await login.json()) as { session_token: string };
      const other = urls[1 - index] ?? '';
      const jobs = await fetch(`${other}/api/v1/jobs`, { headers: { authorization: `Bearer ${token}` } });
      expect(jobs.status).toBe(200);
    }
    const { out: minted } = await output('admin.ts', ['token']);
    const list = await fetch(`${urls[0] ?? ''}/api/v1/jobs`, { headers: { authorization: `Bearer ${minted}` } });
    expect(list.status).toBe(200);
  } finally {
    for (const api of apis) api.process.kill('SIGTERM');
  }
  expect(await Promise.all(apis.map(({ ended }) => ended))).toEqual([0, 0]);
});

test('settings that are wrong end the start with one line and status 1', async () => {
  const api = run('api.ts', [], { MIGRATEKIT_USERS: 'ann:secret-in-clear' });

  expect(await api.ended).toBe(1);
  expect(api.log()).toMatch(/^migratekit api: settings are wrong: MIGRATEKIT_USERS, entry 1/);
  expect(api.log()).not.toContain('secret-in-clear');
});

test('the command for operators hashes a password from standard input and explains itself', async () => {
  expect((await output('admin.ts', ['hash'], 'correct horse battery\n')).out).toMatch(/^\$argon2id\$/);
  expect(await output('admin.ts', ['hash'], 'short\n')).toEqual({ out: '', code: 1 });
  expect(await output('admin.ts', ['nonsense'])).toEqual({ out: '', code: 2 });
});
