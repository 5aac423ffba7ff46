import type { CopyVerdict } from '../../domain/cbt/verdict.ts';
import type { ByteRange } from '../../transfer/block-device.ts';
import type { AreasOf, SessionDisk } from '../../vma/contract.ts';
import { OVERLAY_CLUSTER_BYTES } from '../../volumes/contract.ts';
import type { Replication } from './context.ts';
import type { DiskTask } from './copy-disk.ts';
import { SiteComparison } from './site-comparison.ts';

/** What of a disk is copied under a verdict. Dispose it when the copy is over. */
export interface DiskExtents extends Disposable {
  /** Ascending, and complete when the iteration ends by itself; absent: the whole disk. */
  readonly ranges: (() => AsyncIterable<ByteRange>) | undefined;
  /** Why nobody knows the rest of the ranges; undefined unless they, or measure, have thrown. */
  readonly failure: unknown;
  /** How many ranges there are: as far as they were gone through where that is found out on the way. */
  readonly count: number;
  /** What is ahead; where it is found out on the way, the size of the disk. */
  measure(): Promise<Measured>;
}

export interface Measured {
  readonly bytes: number;
  /** What that takes in an overlay, which holds whole clusters. */
  readonly overlayBytes: number;
}

const ofWhole = (bytes: number): Promise<Measured> => Promise.resolve({ bytes, overlayBytes: bytes });

export function extentsOf(
  context: Replication,
  task: DiskTask,
  of: { readonly source: SessionDisk; readonly verdict: CopyVerdict },
): DiskExtents {
  const { source, verdict } = of;
  if (verdict.mode === 'compare') return new Compared(context, task, source);
  if (verdict.mode === 'full' && verdict.extents === 'whole') return new Whole(source);
  return new Areas(context, task, { source, areas: verdict.mode === 'incremental' ? 'changes' : 'in-use' });
}

class Whole implements DiskExtents {
  readonly ranges = undefined;
  readonly failure = undefined;
  readonly count = 1;
  readonly #bytes: number;

  constructor(source: SessionDisk) {
    this.#bytes = source.capacity_bytes;
  }

  measure(): Promise<Measured> {
    return ofWhole(this.#bytes);
  }

  [Symbol.dispose](): void {
    // Nothing is open.
  }
}

class Compared implements DiskExtents {
  readonly #comparison: SiteComparison;
  readonly #bytes: number;

  constructor(context: Replication, task: DiskTask, source: SessionDisk) {
    this.#comparison = new SiteComparison(context, task, source);
    this.#bytes = source.capacity_bytes;
  }

  readonly ranges = (): AsyncIterable<ByteRange> => this.#comparison.ranges();

  get failure(): unknown {
    return this.#comparison.failure;
  }

  get count(): number {
    return this.#comparison.count;
  }

  measure(): Promise<Measured> {
    return ofWhole(this.#bytes);
  }

  [Symbol.dispose](): void {
    this.#comparison[Symbol.dispose]();
  }
}

class Areas implements DiskExtents {
  readonly #context: Replication;
  readonly #task: DiskTask;
  readonly #of: { readonly source: SessionDisk; readonly areas: AreasOf };
  #failure: unknown;
  #count = 0;

  constructor(context: Replication, task: DiskTask, of: { readonly source: SessionDisk; readonly areas: AreasOf }) {
    this.#context = context;
    this.#task = task;
    this.#of = of;
  }

  get failure(): unknown {
    return this.#failure;
  }

  get count(): number {
    return this.#count;
  }

  readonly ranges = (): AsyncIterable<ByteRange> => this.#watched();

  /** One pass over the pages, nothing kept: what is wrong with any of them is known before anything is written. */
  async measure(): Promise<Measured> {
    let [bytes, clusters, next] = [0, 0, 0];
    for await (const { offset, length } of this.#watched()) {
      this.#count += 1;
      bytes += length;
      const end = Math.ceil((offset + length) / OVERLAY_CLUSTER_BYTES);
      clusters += Math.max(0, end - Math.max(next, Math.floor(offset / OVERLAY_CLUSTER_BYTES)));
      next = end;
    }
    return { bytes, overlayBytes: clusters * OVERLAY_CLUSTER_BYTES };
  }

  async *#watched(): AsyncGenerator<ByteRange> {
    const { session, signal } = this.#task;
    const { source, areas } = this.#of;
    try {
      yield* this.#context.deps.vma.areas(session.session_id, source.disk_id, { signal, of: areas });
    } catch (thrown) {
      this.#failure = thrown;
      throw thrown;
    }
  }

  [Symbol.dispose](): void {
    // Each page is a request of its own.
  }
}
