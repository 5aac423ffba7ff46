import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { signedInBrowser, type BrowserUser } from '../../support/browser-user.ts';
import { makeContext, makeJob } from '../../support/factories.ts';

const EVIL = `<b>web's</b>`;
const ESCAPED = '&lt;b&gt;web&#39;s&lt;/b&gt;';

let api: TestApi;
let ann: BrowserUser;
beforeAll(async () => {
  api = await startTestApi();
  ann = await signedInBrowser(api);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const textOf = async (path: string): Promise<string> => (await ann.get(path)).text();
const pageOf = (jobId: string): Promise<string> => textOf(`/jobs/${jobId}`);

const NOT_BOOTED = JSON.stringify({
  verdict: 'not-booted',
  reason: 'its console shows that the kernel has no root',
  vmState: 'Running',
  consoleLines: ['Kernel panic', EVIL],
  seconds: 61,
  checkedAt: '2026-01-14T09:31:00.000Z',
});

/** A failover that has ended, unless `columns` say otherwise. @returns the ids of its job and its context */
async function failedOver(
  vmStatus: string,
  columns: Record<string, unknown> = {},
): Promise<{ jobId: string; contextId: string; vmName: string }> {
  const vmName = typeof columns['source_vm_name'] === 'string' ? columns['source_vm_name'] : `vm-${Math.random()}`;
  const context = await makeContext(api.db, { vm_name: vmName, current_status: vmStatus });
  const job = await makeJob(api.db, {
    context_id: context.context_id,
    operation: 'failover',
    queue: 'failover',
    status: 'completed',
    dispatch_state: 'closed',
  });
  await api.db('failover_jobs').insert({
    job_id: job.id,
    vm_id: 'uuid-of-the-vm',
    vm_context_id: context.context_id,
    source_vm_name: vmName,
    job_type: 'test',
    status: 'completed',
    ...columns,
  });
  return { jobId: job.id, contextId: context.context_id, vmName };
}

/** A job that takes it back. */
async function rolledBack(of: { jobId: string; contextId: string }, status: string): Promise<string> {
  const { jobId: failoverJobId, contextId } = of;
  const job = await makeJob(api.db, {
    context_id: contextId,
    operation: 'rollback',
    queue: 'rollback',
    status,
    payload: JSON.stringify({ contextId, failoverJobId }),
  });
  await api.db('failover_jobs').where({ job_id: failoverJobId }).update({ rolled_back_by: job.id });
  return job.id;
}

test('a test that stands shows until when, its VM, what its console said, and how to end it', async () => {
  const { jobId } = await failedOver('failed_over_test', {
    source_vm_name: EVIL,
    destination_vm_id: '0b1c2d3e',
    destination_vm_name: 'web-test-1768383000',
    auto_cleanup: true,
    test_expires_at: '2026-01-14 11:30:00',
    boot_verdict: NOT_BOOTED,
  });
  const page = await pageOf(jobId);

  expect(page).toContain('The test stands');
  expect(page).toMatch(/rolled back by itself at <time datetime="2026-01-14T11:30:00.000Z">2026-01-14 11:30:00 UTC/);
  expect(page).toContain('web-test-1768383000');
  expect(page).toMatch(/not-booted<\/span> Its console shows that the kernel has no root. Watched for 1 min 1 s/);
  expect(page).toContain(`<pre class="console">Kernel panic\n${ESCAPED}</pre>`);
  // The name goes through a shell, and then through HTML.
  expect(page).toContain(`./migratekit rollback &#39;&lt;b&gt;web&#39;\\&#39;&#39;s&lt;/b&gt;&#39; --follow`);
  expect(page).not.toContain(EVIL);

  const overview = await textOf('/');
  expect(overview).toContain(ESCAPED);
  expect(overview).toMatch(/in test<\/td>/);
  expect(overview).toContain(`href="/jobs/${jobId}"`);
});

test('a live one that stands shows what is lost, what follows by itself, and the two ways on', async () => {
  const { jobId, vmName } = await failedOver('failed_over_live', {
    job_type: 'live',
    loss_seconds: 840,
    commit_policy: 'rollback',
    commit_due_at: '2026-01-14 13:00:00',
  });
  const page = await pageOf(jobId);

  expect(page).toContain('those of the last 14 min 0 s before it');
  expect(page).toMatch(/rolled back by itself at <time datetime="2026-01-14T13:00:00.000Z">/);
  expect(page).toContain(`./migratekit commit ${vmName} --follow`);
  expect(page).toContain(`./migratekit rollback ${vmName} --power-on-source --follow`);
  expect(await textOf('/')).toContain('failed over, to be decided');
});

test('a live one that was to be committed by itself, and has not booted, is left to people', async () => {
  const columns = { job_type: 'live', commit_policy: 'commit' };
  const { jobId, vmName } = await failedOver('failed_over_live', { ...columns, boot_verdict: NOT_BOOTED });
  const page = await pageOf(jobId);

  const words = 'It was to be committed by itself, but its VM has not booted: a person decides.';
  expect(page).toContain(words);
  expect(page).toContain(`./migratekit commit ${vmName} --follow`);
  expect(await pageOf((await failedOver('failed_over_live', columns)).jobId)).not.toContain(words);
});

test('what remains is named, on the page of the rollback, too, with the way to clear it up', async () => {
  const failover = await failedOver('cleanup_required', {
    status: 'failed',
    remaining: JSON.stringify([{ kind: 'volume', id: 'volume-17', what: 'it belongs to VM 42: detach it there' }]),
  });
  const rollback = await rolledBack(failover, 'failed');
  for (const jobId of [failover.jobId, rollback]) {
    const page = await pageOf(jobId);
    expect(page).toMatch(/Volume <code>volume-17<\/code>: it belongs to VM 42/);
    expect(page).toContain(`./migratekit rollback ${failover.vmName} --cleanup-failed --follow`);
  }
  expect(await pageOf(rollback)).toContain(`href="/jobs/${failover.jobId}"`);
  expect(await textOf('/')).toContain('to be cleaned up');
});

test.each([
  ['running', 'It is being taken back', []],
  ['completed', 'nothing of it is left', ['replicate']],
])('one whose rollback is %s says so, and what follows', async (status, words, commands) => {
  const failover = await failedOver('ready_for_failover');
  await rolledBack(failover, status);
  const page = await pageOf(failover.jobId);

  expect(page).toContain(words);
  expect([...page.matchAll(/<code>\.\/migratekit (\S+) /g)].map(([, command]) => command)).toEqual(commands);
  expect(await textOf('/')).not.toContain(failover.jobId);
});

test('a job that is no failover has nothing of it', async () => {
  const job = await makeJob(api.db);
  expect(await pageOf(job.id)).not.toContain('Failover</h2>');
});
