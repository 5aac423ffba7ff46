import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setLogLevel } from '../../src/base/logger.ts';
import { Secret } from '../../src/config/secrets.ts';
import type { VmaConfig } from '../../src/config/config.ts';
import type { RunningServer } from '../../src/http/server.ts';
import type { CreateSession, SourceSession } from '../../src/vma/contract.ts';
import { createVmaClient, type VmaClient } from '../../src/vma/client.ts';
import { startVma, type VmaOptions } from '../../src/vma/start.ts';

export const run = promisify(execFile);
export const TOKEN = 'a-secret-of-the-tests';

/** Settings of a VMA that has no VDDK. */
export const NO_VSPHERE: VmaConfig['vsphere'] = {
  vddkDir: undefined,
  vddkTransports: 'nbdssl',
  nbdkit: 'nbdkit',
  frozenDir: undefined,
  hostConnections: 64,
  trustInUseMap: false,
};

/** A VMA in this process on folders of its own, with images that tests write. */
export interface VmaStand {
  readonly root: string;
  readonly config: VmaConfig;
  readonly client: VmaClient;
  readonly url: string;
  /** Ends the VMA and starts another one on the same folders. */
  restart(options?: VmaOptions & { config?: Partial<VmaConfig> }): Promise<void>;
  stop(): Promise<void>;
  /** Ends everything and deletes the folders. */
  close(): Promise<void>;
}

export async function vmaStand(
  given: VmaOptions & { config?: Partial<VmaConfig>; stateDir?: string } = {},
): Promise<VmaStand> {
  setLogLevel(process.env['TEST_LOG'] ?? 'silent');
  const home = await mkdtemp(join(tmpdir(), 'mkvma-'));
  const root = join(home, 'vms');
  await mkdir(root);
  const config: VmaConfig = {
    host: '127.0.0.1',
    port: 0,
    token: new Secret(TOKEN),
    folderRoot: root,
    sessionTtlMs: 600_000,
    stateDir: given.stateDir ?? join(home, 'state/vma'),
    runDir: join(home, 'run/vma'),
    vsphere: NO_VSPHERE,
    ...given.config,
  };
  const { stateDir: _stateDir, config: _config, ...options } = given;
  let server: RunningServer | undefined = await startVma(config, options).catch(async (thrown: unknown) => {
    await rm(home, { recursive: true, force: true });
    throw thrown;
  });
  let client = clientOf(server.url);
  return {
    root,
    config,
    get client() {
      return client;
    },
    get url() {
      return server?.url ?? '';
    },
    restart: async (other = {}) => {
      await server?.close(1_000);
      const { config: changed, ...rest } = other;
      server = await startVma({ ...config, ...changed }, { ...options, ...rest });
      client = clientOf(server.url);
    },
    stop: async () => {
      await server?.close(1_000);
      server = undefined;
    },
    close: async () => {
      await server?.close(1_000);
      // What a killed writer had under way may still appear for a moment.
      await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}

export const clientOf = (url: string): VmaClient => createVmaClient({ url, token: new Secret(TOKEN) });

/** A sparse raw image with `parts` written into it. */
export async function rawImage(
  path: string,
  sizeBytes: number,
  parts: readonly { at: number; bytes: Buffer }[] = [],
): Promise<void> {
  const file = await open(path, 'w');
  await file.truncate(sizeBytes);
  for (const part of parts) await file.write(part.bytes, 0, part.bytes.length, part.at);
  await file.close();
}

export async function writeAt(path: string, at: number, bytes: Buffer): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, at);
  await file.close();
}

export function sessionRequest(vm: string, fields: Partial<CreateSession> = {}): CreateSession {
  return {
    job_id: 'job-1',
    epoch: 1,
    kind: 'folder',
    vm,
    installation_id: 'test',
    disks: [{ disk_id: 'disk-2000' }],
    ...fields,
  };
}

/** What an NBD client of another make reads from the export. */
export async function readExport(session: SourceSession, diskId = 'disk-2000'): Promise<Buffer> {
  const uri = uriOf(session, diskId);
  const into = join(await mkdtemp(join(tmpdir(), 'mkread-')), 'bytes');
  try {
    await run('nbdcopy', [uri, into]);
    return await readFile(into);
  } finally {
    await rm(join(into, '..'), { recursive: true });
  }
}

export function uriOf(session: SourceSession, diskId = 'disk-2000'): string {
  const disk = session.disks.find((one) => one.disk_id === diskId);
  return disk?.uris.unix ?? disk?.uris.tcp ?? 'no such disk';
}

export async function areasOf(
  client: VmaClient,
  session: SourceSession,
  diskId = 'disk-2000',
): Promise<{ offset: number; length: number }[]> {
  const areas = [];
  for await (const area of client.areas(session.session_id, diskId)) areas.push(area);
  return areas;
}

/** Everything below a folder, as relative paths. */
export async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

export async function writeDescriptor(folder: string, disks: object[], fields: object = {}): Promise<void> {
  const descriptor = { uuid: '11111111-2222-4333-8444-555555555555', name: 'vm', disks, ...fields };
  await writeFile(join(folder, 'vm.json'), JSON.stringify(descriptor));
}

/** Waits for a condition, at most `withinMs`. */
export async function until<T>(
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 60_000,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`condition not met within ${withinMs} ms: ${probe.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
