import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MiB } from '../../../src/base/units.ts';
import {
  areasOf,
  clientOf,
  rawImage,
  readExport,
  run,
  sessionRequest,
  TOKEN,
  until,
  uriOf,
  type VmaStand,
  vmaStand,
} from '../../support/vma-stand.ts';

let stand: VmaStand;
const children: ChildProcess[] = [];
beforeEach(async () => {
  stand = await vmaStand();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await stand.close();
});

async function vmWith(name: string, sizeBytes = 4 * MiB): Promise<Buffer> {
  const folder = join(stand.root, name);
  await mkdir(folder);
  await rawImage(join(folder, 'disk.img'), sizeBytes, [{ at: 70_000, bytes: randomBytes(200_000) }]);
  return readFile(join(folder, 'disk.img'));
}

/** Ids of the processes whose command line holds the text. */
async function processesOf(text: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(text)) found.push(Number(name));
  }
  return found;
}

/** The VMA as a process of its own. */
async function spawnVma(): Promise<{ child: ChildProcess; url: string }> {
  const { config } = stand;
  const child = spawn(process.execPath, ['src/bin/vma.ts'], {
    cwd: join(__dirname, '../../..'),
    env: {
      PATH: process.env['PATH'],
      MIGRATEKIT_VMA_PORT: '0',
      MIGRATEKIT_VMA_TOKEN: TOKEN,
      MIGRATEKIT_VMA_FOLDER_ROOT: stand.root,
      MIGRATEKIT_STATE_DIR: join(config.stateDir, '..'),
      MIGRATEKIT_RUN_DIR: join(config.runDir, '..'),
    },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  children.push(child);
  const url = await new Promise<string>((resolve, reject) => {
    let log = '';
    child.once('exit', () => reject(new Error(`the VMA did not start: ${log}`)));
    if (child.stderr === null) return;
    createInterface({ input: child.stderr }).on('line', (line) => {
      log += `${line}\n`;
      const match = /"url":"(http:[^"]+)".*vma listens/.exec(line);
      if (match?.[1] !== undefined) resolve(match[1]);
    });
  });
  return { child, url };
}

async function exited(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    await new Promise((resolve) => child.once('exit', resolve));
  }
  return child.exitCode;
}

describe('a restart of the VMA', () => {
  test('an orderly stop ends the exports and keeps the sessions, which are served under the same URIs again', async () => {
    const bytes = await vmWith('web');
    const session = await stand.client.createSession(sessionRequest('web'));
    const areas = await areasOf(stand.client, session);
    await stand.stop();
    expect(await processesOf(session.session_id)).toEqual([]);
    expect(await readdir(stand.config.runDir)).toEqual([]);

    await stand.restart();
    const found = await stand.client.createSession(sessionRequest('web', { epoch: 2 }));
    expect(found).toMatchObject({ session_id: session.session_id, snapshot: session.snapshot, epoch: 2 });
    expect(found.disks).toEqual(session.disks);
    expect((await readExport(session)).equals(bytes)).toBe(true);
    expect(await areasOf(stand.client, found)).toEqual(areas);
  });

  test('kill -9 leaves no server behind, and the next process serves the same frozen disk', async () => {
    const bytes = await vmWith('web');
    await stand.stop();
    // The folders of a process come from the settings, one level up.
    const first = await spawnVma();
    const session = await clientOf(first.url).createSession(sessionRequest('web'));
    expect(await processesOf(session.session_id)).not.toEqual([]);
    first.child.kill('SIGKILL');
    await until(async () => (await processesOf(session.session_id)).length === 0);
    await rawImage(join(stand.root, 'web', 'disk.img'), 4 * MiB);

    const second = await spawnVma();
    const found = await clientOf(second.url).getSession(session.session_id);
    expect(found.disks).toEqual(session.disks);
    expect((await readExport(found)).equals(bytes)).toBe(true);
    second.child.kill('SIGTERM');
    expect(await exited(second.child)).toBe(0);
    expect(await processesOf(session.session_id)).toEqual([]);
  });

  test('kill -9 while disks are being copied leaves nothing that looks like a session', async () => {
    await vmWith('web');
    await stand.stop();
    const first = await spawnVma();
    const lock = spawn('flock', [join(stand.root, 'web', '.migratekit.lock'), 'cat']);
    children.push(lock);
    lock.stdin.write('x');
    await new Promise((resolve) => lock.stdout.once('data', resolve));
    const asked = clientOf(first.url)
      .createSession(sessionRequest('web'))
      .catch(() => undefined);
    const preparing = join(stand.config.stateDir, 'preparing');
    await until(async () => (await readdir(preparing)).length === 1);
    first.child.kill('SIGKILL');
    await asked;
    lock.kill('SIGKILL');

    const second = await spawnVma();
    expect(await readdir(preparing)).toEqual([]);
    expect(await clientOf(second.url).listSessions()).toEqual([]);
    expect(await clientOf(second.url).createSession(sessionRequest('web'))).toMatchObject({ job_id: 'job-1' });
  });

  test('a second VMA on the same state folder does not start', async () => {
    const other = vmaStand({ stateDir: stand.config.stateDir });
    await expect(other).rejects.toMatchObject({ code: 'vma.already-running', kind: 'conflict' });
  });

  test('a session whose frozen disk is gone or cut off is not served', async () => {
    await vmWith('web');
    await vmWith('db');
    const web = await stand.client.createSession(sessionRequest('web'));
    const db = await stand.client.createSession(sessionRequest('db', { job_id: 'job-2' }));
    await stand.stop();
    const sessions = join(stand.config.stateDir, 'sessions');
    await rm(join(sessions, web.session_id, 'disk-0.raw'));
    await truncate(join(sessions, db.session_id, 'disk-0.raw'), 512);
    await stand.restart();
    expect(await stand.client.listSessions()).toEqual([]);
    const again = await stand.client.createSession(sessionRequest('web'));
    expect(again.session_id).not.toBe(web.session_id);
  });
});

describe('supervision', () => {
  test('an export that dies is served again under the same URI', async () => {
    const bytes = await vmWith('web');
    const session = await stand.client.createSession(sessionRequest('web'));
    for (let round = 0; round < 2; round += 1) {
      const [pid] = await processesOf(session.disks[0]?.export_name ?? '');
      process.kill(pid ?? 0, 'SIGKILL');
      await until(async () => {
        const servers = await processesOf(session.disks[0]?.export_name ?? '');
        const { stdout } = await run('nbdinfo', ['--size', uriOf(session)]).catch(() => ({ stdout: '' }));
        return !servers.includes(pid ?? 0) && stdout.trim() === String(4 * MiB);
      });
    }
    expect((await readExport(session)).equals(bytes)).toBe(true);
  });

  test('heartbeats keep a session beyond its time; without them it is removed with its files', async () => {
    await vmWith('web');
    await stand.restart({ config: { sessionTtlMs: 6_000 } });
    const session = await stand.client.createSession(sessionRequest('web'));
    const expiresFirst = Date.parse(session.expires_at);
    const beaten = await until(async () => {
      const beat = await stand.client.heartbeat(session.session_id, 1);
      return Date.parse(beat.expires_at) > expiresFirst + 6_000 && beat;
    });
    expect(beaten.session_id).toBe(session.session_id);
    await until(async () => (await readdir(join(stand.config.stateDir, 'sessions'))).length === 0);
    await until(async () => (await processesOf(session.session_id)).length === 0);
    await until(async () => (await readdir(stand.config.runDir)).length === 0);
    // Expired, so the VM is free for another job.
    const other = await stand.client.createSession(sessionRequest('web', { job_id: 'job-2' }));
    expect(other.session_id).not.toBe(session.session_id);
  });
});
