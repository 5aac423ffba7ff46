import type { MessagePort } from 'node:worker_threads';
import { cancelled } from '../../base/errors.ts';
import { isSameDisk, plainError } from '../thread-messages.ts';
import { loadChunkHash } from './chunk-hash.ts';
import type { ManifestRecord } from './manifest-frame.ts';
import { PlaceReader } from './place-reader.ts';
import type { FromReader, ToReader } from './reader-messages.ts';
import type { ReopenedTarget } from './verified-copy.ts';

/** Places that are read at a time. */
const LANES = 6;

/**
 * A reading thread: opens the target once more, looks at the places that it is handed, and says which do not hold what
 * they should. Returns when it was told to stop and its device is closed. Throws when the target cannot be opened, or is
 * not what the other thread has: it has taken nothing then.
 */
export async function serveReader(
  port: MessagePort,
  open: (signal: AbortSignal) => Promise<ReopenedTarget>,
): Promise<void> {
  const stop = new AbortController();
  const stopped = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<Extract<ToReader, { type: 'begin' }>>();
  const batches = new Batches(port);
  port.on('message', (message: ToReader) => {
    if (message.type === 'begin') begun.resolve(message);
    else if (message.type === 'places') batches.add(message.places);
    else {
      stop.abort(cancelled('transfer.stopped', 'the thread was told to stop'));
      stopped.resolve();
    }
  });
  try {
    const { target, longestBytes } = await begun.promise;
    const opened = await open(stop.signal);
    try {
      if (!isSameDisk(target, opened.device)) throw new Error('the thread sees another disk than the one that asks');
      batches.reader = new PlaceReader({ target: opened.device, longestBytes, hash: await loadChunkHash() });
      tell(port, { type: 'ready' });
      await stopped.promise;
    } finally {
      await opened.close();
    }
  } finally {
    port.close();
  }
}

interface Batch {
  readonly places: readonly ManifestRecord[];
  readonly differing: ManifestRecord[];
  next: number;
  looked: number;
}

/** What was handed over, in order; lanes take from the oldest, and begin with the next before it is answered. */
class Batches {
  reader: PlaceReader | undefined;
  readonly #port: MessagePort;
  readonly #batches: Batch[] = [];
  readonly #slabs: Buffer[] = [];
  #lanes = 0;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  add(places: readonly ManifestRecord[]): void {
    this.#batches.push({ places, differing: [], next: 0, looked: 0 });
    // Counted before: a lane that finds nothing to do has left when its call returns.
    for (let missing = LANES - this.#lanes; missing > 0 && this.#open() !== undefined; missing -= 1) {
      this.#lanes += 1;
      void this.#runLane();
    }
  }

  async #runLane(): Promise<void> {
    const { reader } = this;
    const slab = this.#slabs.pop() ?? Buffer.allocUnsafeSlow(reader?.slabBytes ?? 0);
    try {
      for (let batch = this.#open(); batch !== undefined && reader !== undefined; batch = this.#open()) {
        const place = batch.places[batch.next];
        batch.next += 1;
        if (place === undefined) continue;
        if (!(await reader.holds(place, slab))) batch.differing.push(place);
        batch.looked += 1;
        this.#answer();
      }
    } catch (error) {
      tell(this.#port, { type: 'failed', error: plainError(error) });
    }
    this.#slabs.push(slab);
    this.#lanes -= 1;
  }

  #open(): Batch | undefined {
    return this.#batches.find((batch) => batch.next < batch.places.length);
  }

  #answer(): void {
    for (let batch = this.#batches[0]; batch?.looked === batch?.places.length; batch = this.#batches[0]) {
      if (batch === undefined) return;
      this.#batches.shift();
      const bytes = batch.places.reduce((sum, { length }) => sum + length, 0);
      tell(this.#port, { type: 'looked', bytes, differing: batch.differing });
    }
  }
}

const tell = (port: MessagePort, message: FromReader): void => port.postMessage(message);
