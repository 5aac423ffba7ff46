import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { signedInBrowser, type BrowserUser } from '../../support/browser-user.ts';
import { makeJob } from '../../support/factories.ts';

/** What waits is not shown as if it had failed, and what CloudStack says otherwise is told. */

let api: TestApi;
let ann: BrowserUser;
beforeAll(async () => {
  api = await startTestApi();
  ann = await signedInBrowser(api);
});
afterAll(async () => api[Symbol.asyncDispose]());

const textOf = async (path: string): Promise<string> => (await ann.get(path)).text();
const SAID = 'waits for 2 attach slots of oma, 1st in line';
const WAITS = { error_code: 'replication.waits-for-slots', error_message: SAID, status: 'running', lease_epoch: 1 };

test('a job that waits for its turn waits, on its page and in the list', async () => {
  const { id } = await makeJob(api.db, { ...WAITS, dispatch_state: 'retry_wait', not_before: '2031-02-03 04:05:06' });
  const step = { name: 'reserve-slots', seq: 1, status: 'failed', started_at: api.db.fn.now(6) };
  await api.db('job_steps').insert({ ...step, job_id: id, error_message: `${WAITS.error_code}: ${SAID}` });

  const page = await textOf(`/jobs/${id}`);
  expect(page).toContain('It waits for its turn, and looks again at <time datetime="2031-02-03T04:05:06');
  expect(page).toContain('</span> waiting</span>');
  expect(page).not.toMatch(/It failed for now|<\/span> failed<\/span>|class="bad"/);
  expect(await textOf('/jobs')).toContain(`<span class="faint">${SAID}</span>`);
});

test('what an earlier attempt met is not shown in the list once the job runs again', async () => {
  await api.db('job_tracking').delete();
  await makeJob(api.db, { ...WAITS, dispatch_state: 'claimed' });
  const failed = { error_code: 'vma.unreachable', error_message: 'the VMA is away', completed_at: api.db.fn.now(6) };
  await makeJob(api.db, { ...failed, status: 'failed', dispatch_state: 'closed' });

  const list = await textOf('/jobs');
  expect(list).not.toContain(SAID);
  expect(list).toContain('<span class="bad">the VMA is away</span>');
});

test('the overview tells of findings about volumes, while there are some', async () => {
  expect(await textOf('/')).not.toContain('about volumes');
  const now = api.db.fn.now(3);
  const seen = { looks: 1, first_seen_at: now, last_seen_at: now };
  await api
    .db('volume_findings')
    .insert({ volume_id: 'v', kind: 'gone', name: 'n', text: 't', details: '{}', ...seen });
  expect(await textOf('/')).toMatch(/1 finding about volumes: .*migratekit volumes findings/);
});
