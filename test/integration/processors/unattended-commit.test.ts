import { afterAll, beforeAll, jest, test, expect } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import { findFailover, type FailoverRecord } from '../../../src/db/stores/failover-store.ts';
import type { FailoverOptions } from '../../../src/domain/failover/options.ts';
import { expireFailovers } from '../../../src/processors/expire-failovers.ts';
import { ConsoleTexts } from '../../support/console-texts.ts';
import { failOverOnce, liveFailover } from '../../support/failovers.ts';
import { expectJob } from '../../support/job-story.ts';
import { noise } from '../../support/nbd-servers.ts';
import { submitRollback, timeIsOver } from '../../support/rollbacks.ts';
import { openVsphereStand, VsphereVm, type VsphereStand } from '../../support/vsphere-stand.ts';

jest.setTimeout(180_000);

const HOUR_MS = 3_600_000;
const STUCK = 'Booting from Hard Disk...\nNo bootable device.';
const UP = 'web01 login: ';

const cleanUp = new AsyncDisposableStack();
let lab: VsphereStand;
let texts: ConsoleTexts;
let contextId: string;

beforeAll(async () => {
  texts = cleanUp.use(await ConsoleTexts.listen());
  lab = cleanUp.use(
    await openVsphereStand({ MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_CONSOLE_TEXT_URL: texts.urlTemplate }),
  );
  const vm = VsphereVm.make(lab, [MiB]);
  await vm.write(2000, 0, noise(4096, 1));
  await lab.stand.withWorker(async () => {
    await expectJob(lab.stand.db, await lab.stand.ended(await vm.submit()), { status: 'completed' });
  });
  contextId = await vm.contextId();
});
afterAll(() => cleanUp.disposeAsync());

/** Its console shows `text`; it is taken back afterwards. @returns the failover when it stood and its time was over */
async function leftAlone(text: string, then: NonNullable<FailoverOptions['commit']>['then']): Promise<FailoverRecord> {
  texts.answers = [{ text }];
  const { stand } = lab;
  const job = await failOverOnce(stand, contextId, liveFailover(stand, { commit: { afterMs: HOUR_MS, then } }));
  await expectJob(stand.db, job, { status: 'completed' });
  await timeIsOver(stand.db, job.id);
  const failover = await findFailover(stand.db, job.id);
  const isDue = await expireFailovers.isWanted(stand.db);
  const back = await submitRollback(stand, { contextId, failoverJobId: job.id });
  await stand.withWorker(async () => expectJob(stand.db, await stand.ended(back), { status: 'completed' }));
  if (failover === undefined) throw new Error('no such failover');
  expect(isDue).toBe(failover.commitDueAt !== null);
  return failover;
}

test('a VM that nobody decided about is committed by itself only if it did not fail to boot', async () => {
  expect(await leftAlone(STUCK, 'commit')).toMatchObject({
    bootVerdict: { verdict: 'not-booted' },
    commitPolicy: 'commit',
    commitDueAt: null,
    committedAt: null,
  });
  expect(await leftAlone(UP, 'commit')).toMatchObject({
    bootVerdict: { verdict: 'booted' },
    commitDueAt: expect.any(Date),
  });
  // Back to a source that ran is what was asked for where it does not boot.
  expect(await leftAlone(STUCK, 'rollback')).toMatchObject({
    bootVerdict: { verdict: 'not-booted' },
    commitDueAt: expect.any(Date),
  });
});
