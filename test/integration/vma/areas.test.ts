import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdir, open, readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { KiB, MiB } from '../../../src/base/units.ts';
import type { SourceSession } from '../../../src/vma/contract.ts';
import {
  areasOf,
  filesBelow,
  rawImage,
  readExport,
  sessionRequest,
  until,
  type VmaStand,
  vmaStand,
  writeAt,
} from '../../support/vma-stand.ts';

let stand: VmaStand;
let jobs = 0;
beforeAll(async () => {
  stand = await vmaStand();
});
afterAll(async () => {
  await stand.close();
});
afterEach(async () => {
  for (const session of await stand.client.listSessions()) {
    await stand.client.endSession(session.session_id, { epoch: session.epoch, committed: false });
  }
});

const BLOCK = 64 * KiB;

async function vmWith(name: string, sizeBytes: number, parts: { at: number; bytes: Buffer }[] = []): Promise<string> {
  const folder = join(stand.root, name);
  await mkdir(folder);
  const image = join(folder, 'disk.img');
  await rawImage(image, sizeBytes, parts);
  return image;
}

function snapshot(vm: string, changeId?: string): Promise<SourceSession> {
  jobs += 1;
  const disk = { disk_id: 'disk-2000', ...(changeId === undefined ? {} : { change_id: changeId }) };
  return stand.client.createSession(sessionRequest(vm, { job_id: `job-${jobs}`, disks: [disk] }));
}

const end = (session: SourceSession, committed: boolean): Promise<void> =>
  stand.client.endSession(session.session_id, { epoch: 1, committed });

function diskIn(session: SourceSession): SourceSession['disks'][number] & { change_id: string } {
  const [disk] = session.disks;
  if (disk === undefined || disk.change_id === null) throw new Error('the session has no disk with a changeId');
  return { ...disk, change_id: disk.change_id };
}

/** The oracle: which blocks differ, by looking at every byte. */
function changedBlocks(before: Buffer, after: Buffer): number[] {
  const changed = [];
  for (let at = 0; at < after.length; at += BLOCK) {
    if (!before.subarray(at, at + BLOCK).equals(after.subarray(at, at + BLOCK))) changed.push(at / BLOCK);
  }
  return changed;
}

function blocksOf(areas: { offset: number; length: number }[]): number[] {
  return areas.flatMap(({ offset, length }) =>
    Array.from({ length: Math.ceil(length / BLOCK) }, (_, index) => offset / BLOCK + index),
  );
}

describe('changed areas', () => {
  test('cycles of random writes name exactly the blocks that differ, and applying them makes the disks equal', async () => {
    const size = 24 * MiB + 5 * KiB + 512;
    const image = await vmWith('random', size, [{ at: 2 * MiB, bytes: randomBytes(3 * MiB) }]);
    let changeId: string | undefined;
    let target = Buffer.alloc(size);
    for (let cycle = 0; cycle < 5; cycle += 1) {
      for (let write = 0; cycle > 0 && write < 12; write += 1) {
        const bytes = write % 3 === 0 ? Buffer.alloc(randomInt(1, 200_000)) : randomBytes(randomInt(1, 200_000));
        await writeAt(image, randomInt(0, size - bytes.length), bytes);
      }
      if (cycle === 3) await writeAt(image, size - 1, Buffer.from([cycle]));
      const session = await snapshot('random', changeId);
      const disk = diskIn(session);
      expect(disk).toMatchObject({
        mode: cycle === 0 ? 'full' : 'incremental',
        full_reason: null,
        capacity_bytes: size,
      });
      const source = await readExport(session);
      const areas = await areasOf(stand.client, session);
      expect(blocksOf(areas)).toEqual(changedBlocks(target, source));
      for (const { offset, length } of areas) source.copy(target, offset, offset, offset + length);
      expect(target.equals(source)).toBe(true);
      expect(areas.every(({ offset, length }) => offset + length <= size)).toBe(true);
      target = Buffer.from(source);
      changeId = disk.change_id;
      await end(session, true);
    }
  });

  test('nothing written means no areas; a block that became zero is an area; one rewritten alike is none', async () => {
    const content = randomBytes(4 * BLOCK);
    const image = await vmWith('quiet', 2 * MiB, [{ at: 0, bytes: content }]);
    const first = await snapshot('quiet');
    await end(first, true);

    await writeAt(image, BLOCK, content.subarray(BLOCK, 2 * BLOCK));
    const second = await snapshot('quiet', diskIn(first).change_id);
    expect(diskIn(second).mode).toBe('incremental');
    expect(await areasOf(stand.client, second)).toEqual([]);
    await end(second, true);

    await writeAt(image, 2 * BLOCK, Buffer.alloc(BLOCK));
    const third = await snapshot('quiet', diskIn(second).change_id);
    expect(await areasOf(stand.client, third)).toEqual([{ offset: 2 * BLOCK, length: BLOCK }]);
  });

  test('a grown disk is read in full, and the reason says so', async () => {
    const image = await vmWith('grown', 1 * MiB, [{ at: 0, bytes: randomBytes(100) }]);
    const first = await snapshot('grown');
    await end(first, true);
    await truncate(image, 2 * MiB);
    const disk = diskIn(await snapshot('grown', diskIn(first).change_id));
    expect(disk).toMatchObject({ mode: 'full', capacity_bytes: 2 * MiB });
    expect(disk.full_reason).toMatch(/size of the disk changed from 1048576 to 2097152/);
  });

  test('foreign, invented and forgotten change ids mean full', async () => {
    await vmWith('foreign', 1 * MiB, [{ at: 0, bytes: randomBytes(100) }]);
    const first = await snapshot('foreign');
    await end(first, true);
    const [uuid, sequence] = diskIn(first).change_id.split('/');
    const other = '99999999-2222-4333-8444-555555555555';
    for (const id of [`${other}/${sequence}`, `${uuid}/999999999999999`, `${uuid}/1`, `${uuid}/../x`, '*', `${uuid}`]) {
      const session = await snapshot('foreign', id);
      expect(diskIn(session).mode).toBe('full');
      expect(diskIn(session).full_reason).toMatch(/change id/);
      await end(session, false);
    }
    expect(diskIn(await snapshot('foreign', diskIn(first).change_id)).mode).toBe('incremental');
  });

  test('a cycle that was not committed leaves the base as it was; a committed one replaces it', async () => {
    const image = await vmWith('base', 1 * MiB, [{ at: 0, bytes: randomBytes(100) }]);
    const first = await snapshot('base');
    await end(first, true);
    await writeAt(image, 3 * BLOCK, randomBytes(10));
    const failed = await snapshot('base', diskIn(first).change_id);
    await end(failed, false);

    await writeAt(image, 7 * BLOCK, randomBytes(10));
    const second = await snapshot('base', diskIn(first).change_id);
    expect(blocksOf(await areasOf(stand.client, second))).toEqual([3, 7]);
    await end(second, true);

    const late = await snapshot('base', diskIn(first).change_id);
    expect(diskIn(late)).toMatchObject({ mode: 'full' });
    await end(late, false);
    const lost = await snapshot('base', diskIn(failed).change_id);
    expect(diskIn(lost)).toMatchObject({ mode: 'full' });
  });

  test('a damaged index is never believed', async () => {
    await vmWith('rotten', 1 * MiB, [{ at: 0, bytes: randomBytes(100) }]);
    const first = await snapshot('rotten');
    await end(first, true);
    const { uuid } = await stand.client.folderVm('rotten');
    const [index] = (await filesBelow(join(stand.config.stateDir, 'indexes', uuid))).filter((p) =>
      p.endsWith('.index'),
    );
    const file = await open(index ?? '', 'r+');
    await file.write(Buffer.from([1, 2, 3]), 0, 3, 4096 + 5);
    await file.close();
    const disk = diskIn(await snapshot('rotten', diskIn(first).change_id));
    expect(disk.mode).toBe('full');
    expect(disk.full_reason).toMatch(/damaged/);
  });

  test('an adopter that asks with another change id gets the answer to its own question', async () => {
    const image = await vmWith('rebase', 1 * MiB, [{ at: 0, bytes: randomBytes(100) }]);
    const first = await snapshot('rebase');
    await end(first, true);
    await writeAt(image, 5 * BLOCK, randomBytes(10));
    const session = await snapshot('rebase', diskIn(first).change_id);
    expect(blocksOf(await areasOf(stand.client, session))).toEqual([5]);
    const ask = (changeId?: string): Promise<SourceSession> =>
      stand.client.createSession(
        sessionRequest('rebase', {
          job_id: session.job_id,
          disks: [{ disk_id: 'disk-2000', ...(changeId === undefined ? {} : { change_id: changeId }) }],
        }),
      );
    expect(diskIn(await ask())).toMatchObject({ mode: 'full', full_reason: null });
    expect(blocksOf(await areasOf(stand.client, session))).toEqual([0, 5]);
    // The job committed this session and lost the answer.
    expect(diskIn(await ask(diskIn(session).change_id)).mode).toBe('incremental');
    expect(await areasOf(stand.client, session)).toEqual([]);
  });

  test('more areas than a page holds come in pages that state their interval', async () => {
    const blocks = 5000;
    const image = await vmWith('paged', blocks * BLOCK);
    const file = await open(image, 'r+');
    for (let block = 0; block < blocks; block += 2) await file.write(Buffer.from([1]), 0, 1, block * BLOCK);
    await file.close();
    const session = await snapshot('paged');
    const page = async (query: string): Promise<{ status: number; body: unknown }> => {
      const path = `/api/v1/source-sessions/${session.session_id}/disks/disk-2000/areas${query}`;
      const response = await fetch(`${stand.url}${path}`, {
        headers: { authorization: `Bearer ${stand.config.token?.reveal()}` },
      });
      return { status: response.status, body: await response.json() };
    };
    const first = await page('');
    expect(first.body).toMatchObject({ from: 0, to: 4000 * BLOCK, next_cursor: String(4000 * BLOCK) });
    expect((first.body as { areas: unknown[] }).areas).toHaveLength(2000);
    const last = await page(`?cursor=${4000 * BLOCK}`);
    expect(last.body).toMatchObject({ from: 4000 * BLOCK, to: blocks * BLOCK, next_cursor: null });
    expect((last.body as { areas: unknown[] }).areas).toHaveLength(500);
    for (const bad of ['-1', '7', '1e3', `${blocks * BLOCK}`, 'x']) {
      expect(await page(`?cursor=${bad}`)).toMatchObject({ status: 400, body: { code: 'areas.cursor-invalid' } });
    }
    const areas = await areasOf(stand.client, session);
    expect(areas.map((area) => area.offset)).toEqual(Array.from({ length: 2500 }, (_, n) => n * 2 * BLOCK));
  });

  test('a huge sparse disk is indexed by what it holds', async () => {
    const size = 300 * 1024 * MiB;
    const at = size - 512;
    await vmWith('huge', size, [{ at, bytes: randomBytes(512) }]);
    const session = await snapshot('huge');
    expect(await areasOf(stand.client, session)).toEqual([{ offset: size - BLOCK, length: BLOCK }]);
  });

  test('an expired session leaves its index, in case its job had committed', async () => {
    const image = await vmWith('expired', 1 * MiB, [{ at: 0, bytes: randomBytes(100) }]);
    await stand.restart({ config: { sessionTtlMs: 6_000 } });
    const first = await snapshot('expired');
    const sessions = join(stand.config.stateDir, 'sessions');
    await until(async () => (await readdir(sessions)).length === 0);
    await expect(stand.client.heartbeat(first.session_id, 1)).rejects.toMatchObject({ code: 'session.unknown' });
    await until(async () => (await readdir(stand.config.runDir)).length === 0);
    await stand.restart();
    await writeAt(image, 9 * BLOCK, randomBytes(10));
    const second = await snapshot('expired', diskIn(first).change_id);
    expect(diskIn(second).mode).toBe('incremental');
    expect(blocksOf(await areasOf(stand.client, second))).toEqual([9]);
    expect((await readExport(second)).equals(await readFile(image))).toBe(true);
  });
});
