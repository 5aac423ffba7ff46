import { mkdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import type { SourceSession } from '../../../src/vma/contract.ts';
import { areasOf, rawImage, sessionRequest, vmaStand, writeAt, type VmaStand } from '../../support/vma-stand.ts';

const BLOCK = 65_536;
const [OLD, NEW] = [Buffer.alloc(BLOCK, 1), Buffer.alloc(BLOCK, 2)];

let stand: VmaStand;
let jobs = 0;

beforeAll(async () => {
  stand = await vmaStand({ reserveBytes: 0 });
});
afterAll(async () => {
  await stand.close();
});

function open(vm: string, changeId?: string): Promise<SourceSession> {
  const since = changeId === undefined ? {} : { change_id: changeId };
  const disks = [{ disk_id: 'disk-2000', ...since }];
  return stand.client.createSession(sessionRequest(vm, { job_id: `job-${(jobs += 1)}`, disks }));
}

const end = (session: SourceSession, committed: boolean): Promise<void> =>
  stand.client.endSession(session.session_id, { epoch: 1, committed });

const changeIdOf = (session: SourceSession): string => session.disks[0]?.change_id ?? '';

/** A VM of one disk whose first cycle is committed. */
async function replicated(vm: string): Promise<{ image: string; changeId: string }> {
  const image = join(stand.root, vm, 'disk.img');
  await mkdir(join(stand.root, vm));
  await rawImage(image, MiB, [{ at: 0, bytes: OLD }]);
  const session = await open(vm);
  await end(session, true);
  return { image, changeId: changeIdOf(session) };
}

describe('a block that a session without commit had offered', () => {
  test.each([
    ['an incremental', true],
    ['a full', false],
  ])('by %s session counts as changed although its old content came back', async (_kind, isIncremental) => {
    const vm = `back-${isIncremental}`;
    const { image, changeId } = await replicated(vm);
    await writeAt(image, 0, NEW);
    await writeAt(image, 5 * BLOCK, NEW);
    await end(await open(vm, isIncremental ? changeId : undefined), false);
    await writeAt(image, 0, OLD);
    await writeAt(image, 5 * BLOCK, Buffer.alloc(BLOCK));

    for (let again = 0; again < 2; again += 1) {
      const session = await open(vm, changeId);
      expect(session.disks[0]?.mode).toBe('incremental');
      await expect(areasOf(stand.client, session)).resolves.toEqual([
        { offset: 0, length: BLOCK },
        { offset: 5 * BLOCK, length: BLOCK },
      ]);
      await end(session, false);
    }
    const last = await open(vm, changeId);
    await end(last, true);
    const next = await open(vm, changeIdOf(last));
    await expect(areasOf(stand.client, next)).resolves.toEqual([]);
    await end(next, false);
  });

  test('of a disk that had grown makes the next copy a full one', async () => {
    const { image, changeId } = await replicated('grown');
    await truncate(image, 2 * MiB);
    await end(await open('grown', changeId), false);
    await truncate(image, MiB);

    const session = await open('grown', changeId);
    expect(session.disks[0]).toMatchObject({ mode: 'full', full_reason: expect.stringContaining('no longer kept') });
    await end(session, false);
  });
});
