import type { Knex } from 'knex';
import { sleep } from '../base/clock.ts';
import { AppError, describeError, toAppError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { MINUTE, SECOND } from '../base/units.ts';
import { inTransaction } from '../db/knex.ts';
import {
  findMapping,
  markDevice,
  moveMapping,
  omaMappings,
  type DeviceMapping,
} from '../db/stores/device-mapping-store.ts';
import { resolveDevice, type DeviceFolders } from './device.ts';
import type { KeyedLock } from './keyed-lock.ts';
import { isUnknownOmaVm, type OwnVmId } from './own-oma-vm.ts';
import { serialOf } from './serial.ts';

/**
 * Finds the device of every volume again that should have one here: at the start, because a restart of the appliance
 * gives its disks other letters, and from time to time, because a disk may be exchanged or resized behind our back. What
 * it finds wrong is written down and told, and heals by itself when the device is back.
 */

const ROUND_EVERY_MS = 1 * MINUTE;
/** A volume that somebody works on is looked at by that work. */
const TURN_WAIT_MS = 1 * SECOND;

export interface DeviceTrouble {
  readonly volumeId: string;
  readonly devicePath: string;
  /** See resolveDevice. */
  readonly code: string;
  readonly text: string;
}

export interface DeviceRound {
  readonly checked: number;
  /** Whose device has another name than before. */
  readonly moved: number;
  /** Left out, because somebody works on them. */
  readonly busy: number;
  readonly troubles: readonly DeviceTrouble[];
  readonly endedAt: Date;
}

export interface DeviceMonitor {
  /** Looks at all of them now. @throws precondition `oma-vm.unknown`; what the database throws. */
  check(): Promise<DeviceRound>;
  /** The last round that came to its end. */
  last(): DeviceRound | undefined;
  /** No further round; resolves when the one under way has ended. */
  close(): Promise<void>;
}

export interface DeviceMonitorDeps {
  readonly db: Knex;
  readonly folders: DeviceFolders;
  /** Shared with everything else that attaches or detaches volumes. Key: the serial. */
  readonly lock: KeyedLock;
  readonly log: Logger;
  /** Only the volumes of this VM have their devices here. */
  readonly ownVmId: OwnVmId;
  readonly everyMs?: number;
}

/** Begins with the first round at once. */
export function deviceMonitor(deps: DeviceMonitorDeps): DeviceMonitor {
  const stop = new AbortController();
  const state: { last?: DeviceRound } = {};
  const check = async (): Promise<DeviceRound> => {
    const round = await checkAll(deps, stop.signal);
    state.last = round;
    return round;
  };
  const rounds = keepChecking(deps, check, stop.signal);
  return {
    check,
    last: () => state.last,
    async close() {
      stop.abort();
      await rounds;
    },
  };
}

async function keepChecking(
  { everyMs = ROUND_EVERY_MS, log }: DeviceMonitorDeps,
  check: () => Promise<DeviceRound>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await check().catch((error: unknown) => {
      // Whoever looked for the OMA VM has told that.
      if (!signal.aborted && !isUnknownOmaVm(error))
        log.warn({ error: describeError(error) }, 'devices not looked through');
    });
    await sleep(everyMs, signal).catch(() => undefined);
  }
}

type Seen = 'same' | 'moved' | 'busy' | 'none' | DeviceTrouble;

async function checkAll(deps: DeviceMonitorDeps, signal: AbortSignal): Promise<DeviceRound> {
  const seen: Seen[] = [];
  for (const { volumeUuid } of await omaMappings(deps.db, await deps.ownVmId())) {
    signal.throwIfAborted();
    seen.push(await checkOne(deps, volumeUuid));
  }
  const count = (word: Seen): number => seen.filter((each) => each === word).length;
  return {
    checked: seen.length - count('busy') - count('none'),
    moved: count('moved'),
    busy: count('busy'),
    troubles: seen.filter((each) => typeof each !== 'string'),
    endedAt: new Date(),
  };
}

async function checkOne(deps: DeviceMonitorDeps, volumeId: string): Promise<Seen> {
  try {
    return await deps.lock.run(
      serialOf(volumeId),
      async () => {
        const mapping = await findMapping(deps.db, volumeId);
        return mapping === undefined || !hasDevice(mapping) ? 'none' : await look(deps, mapping);
      },
      TURN_WAIT_MS,
    );
  } catch (error) {
    if (error instanceof AppError && error.code === 'volume.busy') return 'busy';
    // A row that was made by hand; CloudStack knows no such volume.
    if (error instanceof AppError && error.code === 'volume.bad-id') return 'none';
    throw error;
  }
}

/** One that is still being attached gets its device from that work. */
const hasDevice = (mapping: DeviceMapping): boolean =>
  mapping.mode === 'oma' && mapping.cloudstackState === 'attached' && mapping.linuxState !== 'waiting';

async function look(deps: DeviceMonitorDeps, mapping: DeviceMapping): Promise<Seen> {
  const { volumeUuid: volumeId, devicePath } = mapping;
  try {
    const device = await resolveDevice({
      ...deps.folders,
      volumeUuid: volumeId,
      expectedBytes: mapping.sizeBytes,
      timeoutMs: 0,
    });
    if (device.path === devicePath && mapping.linuxState === 'detected') return 'same';
    await inTransaction(deps.db, (trx) => moveMapping(trx, volumeId, device.path), { idempotent: true });
    deps.log.info({ volumeId, from: devicePath, to: device.path }, 'device found again');
    return 'moved';
  } catch (thrown) {
    const { code, message: text } = toAppError(thrown);
    if (!code.startsWith('volume.device-')) throw thrown;
    const state = code === 'volume.device-missing' ? 'missing' : 'refused';
    const reason = `${text} (${code})`;
    if (mapping.linuxState !== state || mapping.linuxReason !== reason) {
      await inTransaction(deps.db, (trx) => markDevice(trx, volumeId, { state, reason }), { idempotent: true });
      deps.log.warn({ volumeId, devicePath, code, reason: text }, 'device of a volume must not be used');
    }
    return { volumeId, devicePath, code, text };
  }
}
