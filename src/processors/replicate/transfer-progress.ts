import { sleep, systemClock } from '../../base/clock.ts';
import { SECOND } from '../../base/units.ts';
import { writeTransferProgress, type TransferProgress } from '../../db/stores/transfer-progress-store.ts';
import type { CopyCounter } from '../../transfer/copy-options.ts';
import type { SourceSession } from '../../vma/contract.ts';
import type { ProgressUpdate } from '../../vma/progress-contract.ts';
import type { Replication } from './context.ts';
import type { Prepared, Volumes } from './outputs.ts';
import { TransferRate } from './transfer-rate.ts';

/** At most one write per job in this time (contract of the API), and always one for the last value. */
const EVERY_MS = 2 * SECOND;

/** Counts one disk; called by the engine for each chunk, so it only remembers. */
export class DiskMeter {
  #areaBytes = 0;
  #copiedBefore = 0;
  #counter: Readonly<CopyCounter> | undefined;

  /** Before the first byte moves: what the source has in areas, and what earlier attempts of the cycle carried over. */
  expect(of: { readonly areaBytes: number; readonly copiedBefore: number }): void {
    this.#areaBytes = of.areaBytes;
    this.#copiedBefore = of.copiedBefore;
  }

  count(counter: Readonly<CopyCounter>): void {
    this.#counter = counter;
  }

  /** What people see as the size of the job: areas in use or changed, not the capacity of the disk. */
  get areaBytes(): number {
    return this.#areaBytes;
  }

  /** Data that went over the wire in this cycle. */
  get copiedBytes(): number {
    return this.#copiedBefore + (this.#counter?.bytesCopied ?? 0);
  }

  /** The same without what earlier attempts had done. */
  get copiedNowBytes(): number {
    return this.#counter?.bytesCopied ?? 0;
  }

  get resumedBytes(): number {
    return this.#counter?.bytesResumed ?? 0;
  }

  /** Copied, zeroed or found done, of everything that the engine goes through. */
  get passed(): { readonly doneBytes: number; readonly totalBytes: number } {
    const seen = this.#counter;
    if (seen === undefined) return { doneBytes: 0, totalBytes: this.#areaBytes };
    return { doneBytes: seen.bytesCopied + seen.bytesZeroed + seen.bytesSkipped, totalBytes: seen.bytesTotal };
  }
}

export interface TransferTracker extends AsyncDisposable {
  meter(diskId: string): DiskMeter;
  /** Writes the last value. */
  finish(): Promise<void>;
}

/** Reports while it is not disposed: into our rows, under our epoch, and to the VMA's store, best effort. */
export function trackTransfer(
  context: Replication,
  of: { readonly plan: Prepared; readonly volumes: Volumes; readonly session: SourceSession },
): TransferTracker {
  const { run, deps } = context;
  const meters = new Map(of.volumes.map(({ diskId }) => [diskId, new DiskMeter()]));
  const syncType = of.session.disks.every((disk) => disk.mode === 'incremental') ? 'incremental' : 'full';
  const rate = new TransferRate(systemClock.monotonic());
  const stop = new AbortController();
  const report = async (phase: 'Transfer' | 'Finalize'): Promise<void> => {
    const seen = summarise(of.volumes, meters, { rate, syncType, phase });
    await run.fenced((trx) => writeTransferProgress(trx, run.jobId, seen));
    void deps.vma.progressUpdate(run.jobId, mirror(seen));
  };
  const reporting = (async (): Promise<void> => {
    while (!stop.signal.aborted) {
      // A database that is away for a moment must not end a copy; a lost lease ends it through the signal.
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
  },
): TransferProgress {
  const disks = volumes.map(({ vmDiskId, diskId }) => {
    return { vmDiskId, diskId, meter: meters.get(diskId) ?? new DiskMeter() };
  });
  const sum = (value: (meter: DiskMeter) => number): number =>
    disks.reduce((total, { meter }) => total + value(meter), 0);
  const total = sum((meter) => meter.passed.totalBytes);
  const done = sum((meter) => meter.passed.doneBytes);
  of.rate.add(systemClock.monotonic(), {
    copiedBytes: sum((meter) => meter.copiedNowBytes),
    workedBytes: done - sum((meter) => meter.resumedBytes),
  });
  return {
    percent: of.phase === 'Finalize' ? 100 : percentOf(done, total),
    operation: of.phase === 'Finalize' ? 'Finalizing' : 'Transferring Data',
    phase: of.phase,
    syncType: of.syncType,
    bytesTransferred: sum((meter) => meter.copiedBytes),
    bytesTotal: sum((meter) => meter.areaBytes),
    currentBps: of.rate.currentBps,
    averageBps: of.rate.averageBps,
    etaSeconds: total === 0 ? undefined : of.rate.etaSeconds(total - done),
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

/** The same numbers in the words of the VMA's progress endpoint. */
function mirror(seen: TransferProgress): ProgressUpdate {
  return {
    stage: seen.phase,
    status: 'running',
    sync_type: seen.syncType,
    bytes_transferred: seen.bytesTransferred,
    total_bytes: seen.bytesTotal,
    throughput_bps: seen.currentBps,
    percent: seen.percent,
  };
}
