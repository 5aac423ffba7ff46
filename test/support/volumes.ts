import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toConfig, type VolumeDaemonConfig } from '../../src/config/config.ts';
import { readEnv } from '../../src/config/env.ts';
import type { Knex } from '../../src/db/knex.ts';
import { openVolumes, type Volumes, type VolumesOptions } from '../../src/volumes/context.ts';
import { serialOf } from '../../src/volumes/serial.ts';
import { makeJob, makeVolume } from './factories.ts';

/** A host with a folder of devices, which are files, and what the volume daemon runs on it. */
export interface TestHost extends AsyncDisposable {
  readonly dir: string;
  readonly config: VolumeDaemonConfig;
  /** A volume that is attached here, by our rows and by a file that carries its serial. */
  attached(columns?: Record<string, unknown>): Promise<TestVolume>;
  /** A job of the ledger in the hands of a worker. */
  runningJob(columns?: Record<string, unknown>): Promise<{ jobId: string; epoch: number }>;
  /** Opens the volumes again after close or kill. */
  open(options?: Pick<VolumesOptions, 'flush'>): Promise<Volumes>;
}

export interface TestVolume {
  readonly volumeId: string;
  readonly path: string;
}

const GIB = 1024 ** 3;

/** `db` stays the caller's; what `open` gave must be closed by the caller before the host is disposed. */
export function makeHost(db: Knex, settings: Record<string, string> = {}): TestHost {
  // Short: the path of a socket has 107 bytes.
  const dir = mkdtempSync(join(tmpdir(), 'mkv-'));
  const deviceDir = join(dir, 'devices');
  mkdirSync(deviceDir);
  const env = readEnv({
    MIGRATEKIT_RUN_DIR: join(dir, 'run'),
    MIGRATEKIT_STATE_DIR: join(dir, 'state'),
    MIGRATEKIT_DEVICE_DIR: deviceDir,
    MIGRATEKIT_DEVICE_FILES: 'true',
    MIGRATEKIT_DEVICE_TIMEOUT_S: '20',
    MIGRATEKIT_VOLUME_DAEMON_PORT: '0',
    MIGRATEKIT_VOLUME_DAEMON_TOKEN: 'token-of-the-volume-daemon',
    ...settings,
  });
  const config = toConfig(env).volumeDaemon;
  return {
    dir,
    config,
    async attached(columns = {}) {
      const volumeId = randomUUID();
      const path = join(deviceDir, `virtio-${serialOf(volumeId)}`);
      writeFileSync(path, '');
      truncateSync(path, GIB);
      await makeVolume(db, { volume_id: volumeId, device_path: path, ...columns });
      await db('device_mappings').insert({
        id: randomUUID(),
        volume_uuid: volumeId,
        vm_id: 'oma',
        operation_mode: 'oma',
        device_path: path,
        cloudstack_state: 'attached',
        linux_state: 'detected',
        size: GIB,
        last_sync: db.fn.now(),
      });
      return { volumeId, path };
    },
    async runningJob(columns = {}) {
      const job = await makeJob(db, { status: 'running', dispatch_state: 'claimed', lease_epoch: 1, ...columns });
      return { jobId: job.id, epoch: 1 };
    },
    open: (options = {}) => openVolumes({ db, config, sweepMs: 100, ...options }),
    [Symbol.asyncDispose]() {
      rmSync(dir, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** Some bytes of a file, as one number per run: [0x11] when all are 0x11. */
export async function bytesAt(path: string, { offset, length }: { offset: number; length: number }): Promise<number[]> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
    return [...new Set(buffer)];
  } finally {
    await file.close();
  }
}
