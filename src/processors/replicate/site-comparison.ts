import type { HashRecord } from '../../hashes/client.ts';
import type { ByteRange } from '../../transfer/block-device.ts';
import { endOf } from '../../transfer/ranges.ts';
import { differingRanges } from '../../transfer/verify/differing-ranges.ts';
import type { SessionDisk } from '../../vma/contract.ts';
import type { Replication } from './context.ts';
import type { DiskTask } from './copy-disk.ts';

/**
 * A disk of the session against its replica, each hashed where it lies, through the exports that this epoch has open.
 * Dispose it when the copy is over: the streams end then.
 */
export class SiteComparison implements Disposable {
  readonly #context: Replication;
  readonly #task: DiskTask;
  readonly #source: SessionDisk;
  readonly #end = new AbortController();
  readonly #reached = { source: 0, target: 0 };
  #count = 0;
  #failure: unknown;

  constructor(context: Replication, task: DiskTask, source: SessionDisk) {
    this.#context = context;
    this.#task = task;
    this.#source = source;
  }

  /** Why nobody knows what differs in the rest of the disk; undefined unless `ranges` has thrown. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Ranges that were found to differ. */
  get count(): number {
    return this.#count;
  }

  /** Ascending; complete when the iteration ends by itself. */
  async *ranges(): AsyncGenerator<ByteRange> {
    const { run, deps } = this.#context;
    const { volume, session } = this.#task;
    const whole = { offset: 0, length: this.#source.capacity_bytes };
    const limit = this.#task.rate.bytesPerSInForce;
    const share = limit === undefined ? undefined : Math.max(1, Math.floor(limit / session.disks.length));
    const range = { ...whole, rateBytesPerS: share };
    const signal = AbortSignal.any([this.#task.signal, this.#end.signal]);
    const call = { epoch: run.epoch, range, signal };
    const source = deps.vma.hashes(session.session_id, this.#source.disk_id, call);
    const target = deps.volumes.hashes({ ...call, volumeId: volume.volumeId, jobId: run.jobId });
    try {
      const differing = differingRanges(
        { name: this.#source.export_name, records: this.#watched(source, 'source') },
        { name: `volume ${volume.volumeId}`, records: this.#watched(target, 'target') },
        whole,
      );
      for await (const found of differing) {
        this.#count += 1;
        yield found;
      }
    } catch (thrown) {
      this.#failure = thrown;
      throw thrown;
    }
  }

  [Symbol.dispose](): void {
    this.#end.abort();
  }

  async *#watched(records: AsyncIterable<HashRecord>, side: 'source' | 'target'): AsyncGenerator<HashRecord> {
    for await (const record of records) {
      yield record;
      this.#reached[side] = endOf(record);
      this.#task.meter.compared(Math.min(this.#reached.source, this.#reached.target), this.#source.capacity_bytes);
    }
  }
}
