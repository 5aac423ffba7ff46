import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MiB } from '../../../src/base/units.ts';
import { rawImage, sessionRequest, TOKEN, until, type VmaStand, vmaStand } from '../../support/vma-stand.ts';

let stand: VmaStand;
let holder: ChildProcess;
beforeEach(async () => {
  stand = await vmaStand({ answerWithinMs: 100, lockTimeoutMs: 60_000 });
  const folder = join(stand.root, 'web');
  await mkdir(folder);
  await rawImage(join(folder, 'disk.img'), 1 * MiB);
  // Whoever holds the lock keeps the copy from beginning.
  const lock = spawn('flock', ['--no-fork', join(folder, '.migratekit.lock'), 'cat']);
  holder = lock;
  lock.stdin.write('x');
  await new Promise((resolve) => lock.stdout.once('data', resolve));
});
afterEach(async () => {
  holder.kill('SIGKILL');
  await stand.close();
});

async function post(jobId: string, epoch = 1): Promise<{ status: number; retry: string | null; code: unknown }> {
  const response = await fetch(`${stand.url}/api/v1/source-sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(sessionRequest('web', { job_id: jobId, epoch })),
  });
  const { code } = (await response.json()) as { code?: unknown };
  return { status: response.status, retry: response.headers.get('retry-after'), code };
}

const preparing = (): Promise<string[]> => readdir(join(stand.config.stateDir, 'preparing'));

describe('a session that takes long to make', () => {
  test('is answered with "ask again", and the client does so until it is there', async () => {
    expect(await post('job-1')).toEqual({ status: 503, retry: '5', code: 'session.preparing' });
    const session = stand.client.createSession(sessionRequest('web'));
    expect(await post('job-1', 2)).toMatchObject({ code: 'session.preparing' });
    expect(await post('job-1', 1)).toMatchObject({ status: 409, code: 'session.stale-epoch' });
    await session.catch(() => undefined);
    const adopted = stand.client.createSession(sessionRequest('web', { epoch: 3 }));
    await until(async () => (await post('job-1', 2)).code === 'session.stale-epoch');
    holder.kill('SIGKILL');
    expect(await adopted).toMatchObject({ job_id: 'job-1', epoch: 3 });
    expect(await stand.client.listSessions()).toHaveLength(1);
    expect(await preparing()).toEqual([]);
  });

  test('keeps other jobs away from the VM while it is asked for', async () => {
    await post('job-1');
    expect(await post('job-2')).toMatchObject({ status: 409, code: 'session.vm-busy' });
  });

  test('is given up when its job ends it, and leaves nothing', async () => {
    await post('job-1');
    await until(async () => (await preparing()).length === 1);
    await stand.client.endSession('job-1', { epoch: 1, committed: false });
    expect(await preparing()).toEqual([]);
    expect(await post('job-2')).toMatchObject({ code: 'session.preparing' });
  });

  test('is given up when nobody asks for it any more', async () => {
    await stand.restart({ config: { sessionTtlMs: 6_000 } });
    await post('job-1');
    await until(async () => (await preparing()).length === 1);
    await until(async () => (await preparing()).length === 0);
    expect(await post('job-2')).toMatchObject({ code: 'session.preparing' });
  });

  test('ends with the caller: an abort stops the asking', async () => {
    const abort = new AbortController();
    const asked = stand.client.createSession(sessionRequest('web'), { signal: abort.signal });
    await until(async () => (await preparing()).length === 1);
    abort.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    const late = stand.client.createSession(sessionRequest('web'), { deadlineMs: 1 });
    await expect(late).rejects.toMatchObject({ kind: 'upstream' });
  });

  test('does not keep the VMA from stopping', async () => {
    await post('job-1');
    await stand.stop();
    expect(await preparing()).toEqual([]);
  });
});
