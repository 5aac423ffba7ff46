import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import { SECOND } from '../base/units.ts';
import { type HashRange, type HashRecord, hashesFrom } from '../hashes/client.ts';
import { requestJson, requestOf, type Peer } from '../http/json-client.ts';
import { ClosedExport, MergedOverlay, OpenedExport, type WantedOverlay } from './contract.ts';

/**
 * Opening waits for an earlier cycle (20 s) and its turn (30 s), for the old writer's last request (30 s) and the device
 * (10 s). Whoever
 * gives up earlier does not stop the daemon: a later opening then cuts the export that nobody uses.
 */
const OPEN_DEADLINE_MS = 120 * SECOND;
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
  openExport(call: ExportCall & { readonly overlay?: WantedOverlay | undefined }): Promise<OpenedExport>;
  /**
   * Has what this job has committed above the volume written into it. Answers within seconds, with how far that is: ask
   * again until it is `merged`. @throws conflict `export.stale-epoch`, `overlay.not-sealed`; upstream `overlay.*`.
   */
  mergeOverlay(call: ExportCall): Promise<MergedOverlay>;
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
  const ofExport = exportVerbs(peer);
  return {
    openExport: ({ overlay, ...call }) =>
      ofExport(call, { verb: 'open', answer: OpenedExport, more: overlay === undefined ? {} : { overlay } }),
    async closeExport(call) {
      const { closed } = await ofExport(call, { verb: 'close', answer: ClosedExport });
      return closed;
    },
    mergeOverlay: (call) => ofExport(call, { verb: 'merge', answer: MergedOverlay }),
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

interface ExportVerb<T> {
  readonly verb: 'open' | 'close' | 'merge';
  readonly answer: z.ZodType<T>;
  readonly more?: object;
}

const exportVerbs =
  (peer: Peer) =>
  <T>({ volumeId, jobId, epoch, signal }: ExportCall, { verb, answer, more }: ExportVerb<T>): Promise<T> =>
    requestJson(peer, {
      method: 'POST',
      path: `/exports/${encodeURIComponent(volumeId)}/${verb}`,
      body: { job_id: jobId, epoch, ...more },
      headers: requestOf(jobId),
      answer,
      deadlineMs: OPEN_DEADLINE_MS,
      signal,
    });
