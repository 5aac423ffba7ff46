import type { Knex } from 'knex';
import type { Logger } from '../base/logger.ts';
import type { OverlayConfig } from '../config/config.ts';
import type { Device, DeviceFolders } from './device.ts';
import type { KeyedLock } from './keyed-lock.ts';
import type { OwnVmId } from './own-oma-vm.ts';
import type { StorageDaemon } from './storage-daemon.ts';

/** What opening, building up and ending exports need from the world. */
export interface ExportsDeps {
  readonly db: Knex;
  readonly storage: () => StorageDaemon;
  readonly folders: DeviceFolders;
  /** Shared with everything else that attaches or detaches volumes. Key: the serial. */
  readonly lock: KeyedLock;
  readonly log: Logger;
  readonly overlays: OverlayConfig;
  /** Space for overlays is looked at and spoken for one at a time; key `reserve`. */
  readonly reserving: KeyedLock;
  /** Overlays that are being merged, by volume: how far, in percent. */
  readonly merging: Map<string, number>;
  /** See flushDevice. */
  readonly flush: (device: Device) => Promise<void>;
  readonly ownVmId: OwnVmId;
}

/** Runs `work` while nobody else opens, closes, attaches or detaches this volume. */
export type Exclusively = <T>(volumeId: string, work: () => Promise<T>) => Promise<T>;
