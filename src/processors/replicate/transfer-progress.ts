import { sleep, systemClock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { formatBytes, SECOND } from '../../base/units.ts';
import { writeTransferProgress, type TransferProgress } from '../../db/stores/transfer-progress-store.ts';
import type { ProgressUpdate } from '../../vma/progress-contract.ts';
import type { JobBandwidth } from './bandwidth.ts';
import type { Replication } from './context.ts';
import { DiskMeter } from './disk-meter.ts';
import type { Volumes } from './outputs.ts';
import type { CyclePlan } from './plan-cycle.ts';
import { TransferRate } from '../../transfer/transfer-rate.ts';

/** At most one write per job in this time (contract of the API), and always one for the last value. */
const EVERY_MS = 2 * SECOND;

export interface TransferTracker extends AsyncDisposable {
  meter(diskId: string): DiskMeter;
  /** Writes the last value. */
  finish(): Promise<void>;
}

/** Reports while it is not disposed: into our rows, under our epoch, and to the VMA's store, best effort. */
export function trackTransfer(
  context: Replication,
  of: {
    readonly plan: CyclePlan;
    readonly volumes: Volumes;
    readonly bandwidth: JobBandwidth;
  },
): TransferTracker {
  const { run, deps } = context;
  const startMs = systemClock.monotonic();
  const meters = new Map(of.volumes.map(({ diskId }) => [diskId, new DiskMeter()]));
  const rates = new Map(of.volumes.map(({ diskId }) => [diskId, new TransferRate(startMs)]));
  const syncType = [...of.plan.disks.values()].every(({ verdict }) => verdict.mode === 'incremental')
    ? 'incremental'
    : 'full';
  const rate = new TransferRate(startMs);
  const saySilence = silenceLog(run.log);
  const stop = new AbortController();
  const report = async (phase: 'Transfer' | 'Finalize'): Promise<void> => {
    const seen = summarise(of.volumes, meters, { rate, syncType, phase, bandwidth: of.bandwidth });
    saySilence(meters);
    await run.fenced((trx) => writeTransferProgress(trx, run.jobId, seen));
    void deps.vma.progressUpdate(run.jobId, mirror(seen, rates));
  };
  const reporting = (async (): Promise<void> => {
    while (!stop.signal.aborted) {
      // A database that is away for a moment must not end a copy; a lost lease ends it through the signal.
      await of.bandwidth.refresh(deps.db).catch((error: unknown) => run.log.debug({ err: error }, 'limits not read'));
      await report('Transfer').catch((error: unknown) => run.log.debug({ err: error }, 'progress not written'));
      await sleep(EVERY_MS, stop.signal);
    }
  })().catch(() => undefined);
  const end = async (): Promise<void> => {
    stop.abort();
    await reporting;
  };
  return {
    meter: (diskId) => meters.get(diskId) ?? new DiskMeter(),
    async finish() {
      await end();
      await report('Finalize');
    },
    [Symbol.asyncDispose]: end,
  };
}

function summarise(
  volumes: Volumes,
  meters: ReadonlyMap<string, DiskMeter>,
  of: {
    readonly rate: TransferRate;
    readonly syncType: 'full' | 'incremental';
    readonly phase: 'Transfer' | 'Finalize';
    readonly bandwidth: JobBandwidth;
  },
): TransferProgress {
  const disks = volumes.map(({ vmDiskId, diskId }) => {
    return { vmDiskId, diskId, meter: meters.get(diskId) ?? new DiskMeter() };
  });
  const sum = (value: (meter: DiskMeter) => number): number =>
    disks.reduce((total, { meter }) => total + value(meter), 0);
  const total = sum((meter) => meter.passed.totalBytes);
  const done = sum((meter) => meter.passed.doneBytes);
  const verifying = verifyingOf([...meters.values()]);
  of.rate.add(systemClock.monotonic(), {
    copiedBytes: sum((meter) => meter.copiedNowBytes),
    workedBytes: done - sum((meter) => meter.resumedBytes),
  });
  return {
    percent: of.phase === 'Finalize' ? 100 : percentOf(done, total),
    operation: of.phase === 'Finalize' ? 'Finalizing' : operationOf([...meters.values()]),
    verifying,
    phase: of.phase,
    syncType: of.syncType,
    bytesTransferred: sum((meter) => meter.copiedBytes),
    bytesTotal: sum((meter) => meter.areaBytes),
    currentBps: of.rate.currentBps,
    averageBps: of.rate.averageBps,
    bandwidthInForceBytesPerS: of.bandwidth.bytesPerSInForce,
    // What a verification takes is not known: it may find something.
    etaSeconds: total === 0 || verifying !== null ? undefined : of.rate.etaSeconds(total - done),
    disks: disks.map(({ vmDiskId, diskId, meter }) => ({
      vmDiskId,
      diskId,
      percent: of.phase === 'Finalize' ? 100 : percentOf(meter.passed.doneBytes, meter.passed.totalBytes),
      bytesSynced: meter.passed.doneBytes,
      bytesTransferred: meter.copiedBytes,
      bytesTotal: meter.areaBytes,
    })),
  };
}

/** Below 100 until everything is flushed: 100 is what the commit says. */
const percentOf = (done: number, total: number): number => (total === 0 ? 0 : Math.min(99.9, (done / total) * 100));

/** Of all disks that are verified now. */
function verifyingOf(meters: readonly DiskMeter[]): TransferProgress['verifying'] {
  const seen = meters.flatMap(({ verifying }) => (verifying === undefined ? [] : [verifying]));
  if (seen.length === 0) return null;
  const isKnown = seen.every(({ bytesTotal }) => bytesTotal !== undefined);
  return {
    bytesRead: seen.reduce((sum, { bytesRead }) => sum + bytesRead, 0),
    bytesTotal: isKnown ? seen.reduce((sum, { bytesTotal = 0 }) => sum + bytesTotal, 0) : null,
  };
}

/** What people read. A copy that stands still because a far side is away says so. */
function operationOf(meters: readonly DiskMeter[]): string {
  const away = meters.find((meter) => meter.away !== undefined)?.away;
  if (away !== undefined) return WAITING[away];
  const verifying = verifyingOf(meters);
  if (verifying === null) return TRANSFERRING;
  const of = verifying.bytesTotal === null ? '' : ` of ${formatBytes(verifying.bytesTotal)}`;
  const text = `Verifying: ${formatBytes(verifying.bytesRead)}${of} read again`;
  return meters.some(isCopying) ? `${TRANSFERRING}; ${text}` : text;
}

const TRANSFERRING = 'Transferring Data';

const isCopying = ({ verifying, passed }: DiskMeter): boolean =>
  verifying === undefined && passed.doneBytes < passed.totalBytes;

const WAITING = {
  source: 'Waiting for the source: its export does not answer (does the VMA run?)',
  target: 'Waiting for the target: its export does not answer (does the volume daemon run?)',
} as const;

/** One line when a disk loses a side for longer than a report, and one when it has both again. */
function silenceLog(log: Logger): (meters: ReadonlyMap<string, DiskMeter>) => void {
  const told = new Map<string, string>();
  return (meters) => {
    for (const [diskId, { away }] of meters) {
      if (told.get(diskId) === away) continue;
      if (away === undefined) {
        told.delete(diskId);
        log.info({ diskId }, 'both sides of the disk answer again');
      } else {
        told.set(diskId, away);
        log.warn({ diskId, away }, WAITING[away]);
      }
    }
  };
}

/** The same numbers in the words of the VMA's progress endpoint. */
function mirror(seen: TransferProgress, rates: ReadonlyMap<string, TransferRate>): ProgressUpdate {
  const nowMs = systemClock.monotonic();
  return {
    stage: seen.phase,
    status: 'running',
    sync_type: seen.syncType,
    bytes_transferred: seen.bytesTransferred,
    total_bytes: seen.bytesTotal,
    throughput_bps: seen.currentBps,
    percent: seen.percent,
    ...(seen.etaSeconds === undefined ? {} : { eta_seconds: seen.etaSeconds }),
    disks: seen.disks.map((disk) => {
      const rate = rates.get(disk.diskId);
      rate?.add(nowMs, { copiedBytes: disk.bytesTransferred, workedBytes: disk.bytesSynced });
      return {
        disk_id: disk.diskId,
        status: disk.percent === 100 ? 'completed' : 'running',
        bytes_transferred: disk.bytesTransferred,
        total_bytes: disk.bytesTotal,
        throughput_bps: rate?.currentBps ?? 0,
        percent: disk.percent,
      };
    }),
  };
}
