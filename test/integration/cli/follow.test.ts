import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { inTransaction } from '../../../src/db/knex.ts';
import { recordJobEvent } from '../../../src/db/stores/job-event-store.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { OperatorShell } from '../../support/command.ts';
import { makeContext, makeJob } from '../../support/factories.ts';

/** Following jobs of a real API from processes of their own; the worker is played by the test. */

const stack = new AsyncDisposableStack();
let api: TestApi;
let shell: OperatorShell;

beforeAll(async () => {
  api = stack.use(await startTestApi());
  const { token } = await api.context.sessions.issue('tester', 1);
  shell = stack.use(new OperatorShell({ MIGRATEKIT_API_URL: api.url, MIGRATEKIT_API_TOKEN: token }));
});
afterAll(async () => {
  await stack.disposeAsync();
});

const running = async (): Promise<string> => {
  const { context_id } = await makeContext(api.db);
  const { id } = await makeJob(api.db, { status: 'running', dispatch_state: 'claimed', context_id });
  return id;
};

const say = (jobId: string, level: 'INFO' | 'WARN', message: string): Promise<unknown> =>
  inTransaction(api.db, (trx) => recordJobEvent(trx, jobId, { level, message, attrs: { n: 1 } }));

/** As the ledger ends a job: its row and what is told of it, in one transaction. */
const finish = (jobId: string, status: string, more: object = {}): Promise<unknown> =>
  inTransaction(api.db, async (trx) => {
    await recordJobEvent(trx, jobId, { level: 'INFO', message: `job ${status}` });
    await trx('job_tracking')
      .where({ id: jobId })
      .update({ status, dispatch_state: 'closed', ...more });
  });

test('a job is followed to its end, with its warnings, and the exit status is how it ended', async () => {
  const id = await running();
  const command = shell.start(['job', id, '--follow']);
  await command.says(/running/);
  await say(id, 'INFO', 'nothing remarkable');
  await say(id, 'WARN', 'the source is slow');
  await command.says(/WARN {2}the source is slow {2}.*n=1/);
  await finish(id, 'failed', { error_code: 'a.b', error_message: 'it broke', error_hint: 'mend it' });

  const { code, stdout } = await command.ended;
  expect(code).toBe(1);
  expect(stdout).not.toContain('nothing remarkable');
  expect(stdout).toMatch(new RegExp(`${id} failed\\n {2}Error {5}it broke \\(a.b\\)\\n {2}Hint {6}mend it\\n$`));
});

test('a program gets each event once, as lines of JSON, and the end', async () => {
  const id = await running();
  const command = shell.start(['job', id, '--follow', '--json']);
  await command.says(/"event":"job"/);
  for (const message of ['one', 'two', 'three']) await say(id, 'INFO', message);
  await command.says(/three/);
  await finish(id, 'completed');

  const { code, stdout, stderr } = await command.ended;
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; data: { message?: string } });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(lines.flatMap(({ data }) => data.message ?? [])).toEqual(['one', 'two', 'three', 'job completed']);
  expect(lines.at(-1)).toMatchObject({ event: 'end', job_id: id });
});

test('Ctrl-C leaves the job running, and says so', async () => {
  const id = await running();
  const command = shell.start(['job', id, '--follow']);
  await command.says(/running/);
  command.interrupt();

  const { code, stderr } = await command.ended;
  expect(code).toBe(130);
  expect(stderr).toContain(`${id} goes on without you`);
  expect(stderr).toContain(`migratekit cancel ${id}`);
  expect(await shell.json(['job', id])).toMatchObject({ status: 'running', cancel_requested_at: null });
});

test('the log of a job is told once, from its first event to its last', async () => {
  const id = await running();
  for (let n = 0; n < 3; n += 1) await say(id, 'INFO', `before ${n}`);
  const command = shell.start(['logs', id, '--follow']);
  await command.says(/before 2/);
  await say(id, 'WARN', 'after 0');
  await command.says(/after 0/);
  await finish(id, 'completed');

  const { code, stdout } = await command.ended;
  expect(code).toBe(0);
  expect(stdout.match(/(before|after) \d/g)).toEqual(['before 0', 'before 1', 'before 2', 'after 0']);
  expect((await shell.run(['logs', id, '--level', 'warn'])).stdout).toMatch(/^\S+ \S+ WARN {2}after 0 .*\n$/);
});

test('all active jobs are followed until Ctrl-C, by the names of their VMs', async () => {
  const { context_id } = await makeContext(api.db, { vm_name: 'watched' });
  const { id } = await makeJob(api.db, { status: 'running', dispatch_state: 'claimed', context_id });
  const command = shell.start(['jobs', '--follow']);
  await command.says(/watched: running/);
  await finish(id, 'completed');
  await command.says(new RegExp(`watched: ${id} completed`));
  command.interrupt();

  expect(await command.ended).toMatchObject({ code: 130, stderr: expect.stringMatching(/^following .*\n$/) });
});

test('a reader that goes away ends the following, and not the job', async () => {
  const id = await running();
  const command = shell.start(['job', id, '--follow', '--json']);
  await command.says(/"event":"job"/);
  command.closeOutput();
  await say(id, 'INFO', 'nobody reads this');

  expect((await command.ended).code).toBe(130);
  expect(await shell.json(['job', id])).toMatchObject({ status: 'running' });
});
