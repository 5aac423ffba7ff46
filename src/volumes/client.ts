import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import { SECOND } from '../base/units.ts';
import { type HashRange, type HashRecord, hashesFrom } from '../hashes/client.ts';
import { requestJson, requestOf, type Peer } from '../http/json-client.ts';
import { ClosedExport, OpenedExport } from './contract.ts';

/**
 * Opening waits for its turn (30 s), for the old writer's last request to end (30 s) and for the device (10 s). Whoever
 * gives up earlier does not stop the daemon: a later opening then cuts the export that nobody uses.
 */
const OPEN_DEADLINE_MS = 90 * SECOND;
const LOOK_DEADLINE_MS = 10 * SECOND;

const Device = z.object({
  volume_uuid: z.string(),
  vm_id: z.string(),
  operation_mode: z.enum(['oma', 'failover']),
  device_path: z.string(),
  cloudstack_device_id: z.int().nullable(),
  cloudstack_state: z.string(),
  linux_state: z.string(),
  size: z.int(),
});
export type AttachedDevice = z.output<typeof Device>;

export interface ExportCall {
  readonly volumeId: string;
  readonly jobId: string;
  readonly epoch: number;
  readonly signal?: AbortSignal | undefined;
}

/** What workers ask of the volume daemon outside of jobs. Errors keep the daemon's codes (exports.ts). */
export interface VolumeDaemonClient {
  /** @throws conflict `export.stale-epoch`: stop, the job is in other hands; and what VolumeExports.open throws. */
  openExport(call: ExportCall): Promise<OpenedExport>;
  /** True when this epoch, or an older one of the job, had it open. May be repeated. */
  closeExport(call: ExportCall): Promise<boolean>;
  /**
   * Hashes of [offset, offset + length) of the volume, read beside it through the export that this epoch has open;
   * complete only when the iteration ends by itself. What is being written meanwhile may be hashed as it was or as it
   * becomes. A lost connection is opened again where it was lost.
   * @throws conflict `export.stale-epoch`, `export.not-open`; and what hashesFrom throws.
   */
  hashes(call: ExportCall & { readonly range: HashRange }): AsyncIterable<HashRecord>;
  /** Where the volume is attached; undefined when it is not. */
  getDevice(volumeId: string, signal?: AbortSignal): Promise<AttachedDevice | undefined>;
}

/** Where a volume daemon is. `url` without path. */
export interface VolumeDaemonAddress {
  readonly url: string;
  readonly token: string | undefined;
}

/** `url` without path, as in MIGRATEKIT_VOLUME_DAEMON_URL. Holds no connection; there is nothing to close. */
export function createVolumeDaemonClient(at: VolumeDaemonAddress): VolumeDaemonClient {
  const peer: Peer = { name: 'volume-daemon', url: `${at.url.replace(/\/+$/, '')}/api/v1`, token: at.token };
  return {
    openExport: ({ volumeId, jobId, epoch, signal }) =>
      requestJson(peer, {
        method: 'POST',
        path: `/exports/${encodeURIComponent(volumeId)}/open`,
        body: { job_id: jobId, epoch },
        headers: requestOf(jobId),
        answer: OpenedExport,
        deadlineMs: OPEN_DEADLINE_MS,
        signal,
      }),
    async closeExport({ volumeId, jobId, epoch, signal }) {
      const { closed } = await requestJson(peer, {
        method: 'POST',
        path: `/exports/${encodeURIComponent(volumeId)}/close`,
        body: { job_id: jobId, epoch },
        headers: requestOf(jobId),
        answer: ClosedExport,
        deadlineMs: OPEN_DEADLINE_MS,
        signal,
      });
      return closed;
    },
    hashes: ({ volumeId, jobId, epoch, range, signal }) =>
      hashesFrom({
        peer,
        path: `/exports/${encodeURIComponent(volumeId)}/hashes`,
        query: { job_id: jobId, epoch: String(epoch) },
        headers: requestOf(jobId),
        range,
        signal,
      }),
    async getDevice(volumeId, signal) {
      try {
        return await requestJson(peer, {
          method: 'GET',
          path: `/volumes/${encodeURIComponent(volumeId)}/device`,
          answer: Device,
          deadlineMs: LOOK_DEADLINE_MS,
          signal,
        });
      } catch (error) {
        if (error instanceof AppError && error.code === 'volume.not-attached') return undefined;
        throw error;
      }
    },
  };
}
