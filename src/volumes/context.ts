import { join } from 'node:path';
import type { Knex } from 'knex';
import { sleep } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import { volumeLog } from '../base/logger.ts';
import { MINUTE, SECOND } from '../base/units.ts';
import type { VolumeDaemonConfig } from '../config/config.ts';
import { flushDevice } from './device-flush.ts';
import type { Elsewhere } from '../queues/catalogue.ts';
import type { VolumeAction } from '../queues/jobs/attach-volume.ts';
import { convertDisks, type ConversionReport, type ConversionWish } from './conversion/conversion.ts';
import { resolveDevice, type Device } from './device.ts';
import { deviceMonitor, type DeviceMonitor } from './device-monitor.ts';
import { volumeExports, type VolumeExports } from './exports.ts';
import type { ExportsDeps } from './export-deps.ts';
import { elsewhere } from './home.ts';
import { keyedLock } from './keyed-lock.ts';
import { findOwnOmaVm, isUnknownOmaVm, ownVmId as ownVmIdOf, type FindOwnOmaVm, type OwnVmId } from './own-oma-vm.ts';
import { startStorageDaemon } from './storage-daemon.ts';
import type { NbdListener } from './storage-process.ts';

/** The volumes of this host, for the routes and for the processor of attach-volume. One per machine. */

/** How long a request waits for another operation on the same volume. */
const TURN_WAIT_MS = 30 * SECOND;
const SWEEP_EVERY_MS = 5 * SECOND;

export interface Volumes extends AsyncDisposable {
  readonly exports: VolumeExports;
  /** @throws what resolveDevice throws. */
  device(volumeUuid: string, expectedBytes: number, signal: AbortSignal): Promise<Device>;
  /** @throws what convertDisks throws. */
  convert(wish: ConversionWish): Promise<ConversionReport>;
  readonly devices: DeviceMonitor;
  /** The VM that this daemon runs on. */
  readonly own: FindOwnOmaVm;
  readonly ownVmId: OwnVmId;
  /** Who has to do this, when it is not this daemon. */
  elsewhere(action: VolumeAction): Promise<Elsewhere | undefined>;
  /** Whether exports are being served; for /health. */
  serves(): boolean;
  /** Ends qemu and every export with it. */
  close(): Promise<void>;
}

export interface VolumesOptions {
  /** Stays the caller's. */
  readonly db: Knex;
  readonly config: VolumeDaemonConfig;
  /** How often exports of ended jobs are looked for; 5 s. */
  readonly sweepMs?: number;
  /** How what was merged gets onto its disk; flushDevice. */
  readonly flush?: ExportsDeps['flush'];
}

/**
 * @throws upstream `qemu.start-failed`.
 */
export async function openVolumes({
  db,
  config,
  sweepMs = SWEEP_EVERY_MS,
  flush = flushDevice,
}: VolumesOptions): Promise<Volumes> {
  const folders = { deviceDir: config.deviceDir, deviceFiles: config.deviceFiles };
  const storage = await startStorageDaemon({
    runDir: config.runDir,
    listener: listenerOf(config),
    log: volumeLog,
    onRestart: () => exports.rebuild(),
  });
  const lock = keyedLock(TURN_WAIT_MS);
  const own = findOwnOmaVm(db, config.omaVmId);
  const ownVmId = ownVmIdOf(db, own, volumeLog);
  const exports = volumeExports({
    db,
    ownVmId,
    storage: () => storage,
    folders,
    lock,
    log: volumeLog,
    overlays: config.overlays,
    reserving: keyedLock(TURN_WAIT_MS),
    merging: new Map(),
    flush,
  });
  const devices = deviceMonitor({ db, folders, lock, ownVmId, log: volumeLog });
  const stop = new AbortController();
  const sweeping = keepSweeping(exports, sweepMs, stop.signal);
  const close = async (): Promise<void> => {
    stop.abort();
    await sweeping;
    await devices.close();
    await storage.close();
  };
  return {
    exports,
    device: (volumeUuid, expectedBytes, signal) =>
      resolveDevice({ ...folders, volumeUuid, expectedBytes, timeoutMs: config.deviceTimeoutMs, signal }),
    convert: (wish) => convertDisks(config.conversion, wish),
    devices,
    own,
    ownVmId,
    elsewhere: (action) => elsewhere(db, action, ownVmId),
    serves: () => storage.isRunning(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function listenerOf(config: VolumeDaemonConfig): NbdListener {
  if (config.transport === 'tcp') return { type: 'tcp', host: config.nbdHost, port: config.nbdPort };
  return { type: 'unix', path: join(config.runDir, 'nbd.sock') };
}

/** First what a crash left, then, round by round, what ended jobs left. The database may be away at any time. */
async function keepSweeping(exports: VolumeExports, everyMs: number, signal: AbortSignal): Promise<void> {
  const round = async (work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      // Whoever looked for the OMA VM has told that.
      if (!signal.aborted && !isUnknownOmaVm(error))
        volumeLog.warn({ error: describeError(error) }, 'exports not looked through');
      return false;
    }
  };
  let rebuilt = false;
  while (!signal.aborted) {
    rebuilt = rebuilt || (await round(() => exports.rebuild()));
    if (rebuilt) await round(() => exports.sweep());
    await sleep(Math.min(everyMs, MINUTE), signal).catch(() => undefined);
  }
}
