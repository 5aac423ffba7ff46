import type { Worker } from 'node:worker_threads';
import { GRACE_MS, within } from '../carrier.ts';
import { threadEnded } from '../thread-carrier.ts';
import { fromPlain, type CarriedDisk } from '../thread-messages.ts';
import type { ManifestRecord } from './manifest-frame.ts';
import type { FromReader, ToReader } from './reader-messages.ts';

export interface ThreadReaderOptions {
  readonly open: () => Worker;
  readonly target: CarriedDisk;
  readonly longestBytes: number;
  /** The next places to look at; none: there are no more. Rejects with what ended the comparison. */
  readonly take: () => Promise<readonly ManifestRecord[]>;
  readonly onLooked: (bytes: number, differing: readonly ManifestRecord[]) => void;
  /** The comparison cannot go on. */
  readonly fail: (error: unknown) => void;
}

/** The next one is there when one is done. */
const BATCHES_AHEAD = 2;

/**
 * A reading thread, seen from the one that compares: hands out places and hears which differ. A thread that never gets
 * its device open costs speed only; one that ends later, with places in its hands, fails the comparison.
 */
export class ThreadReader {
  readonly #options: ThreadReaderOptions;
  readonly #thread: Worker;
  readonly #exited = Promise.withResolvers<void>();
  readonly #idle = Promise.withResolvers<void>();
  #state: 'starting' | 'ready' | 'gone' = 'starting';
  /** Batches that are being taken, or were handed out and are not answered. */
  #open = 0;

  constructor(options: ThreadReaderOptions) {
    this.#options = options;
    this.#thread = options.open();
    this.#thread.on('message', (message: FromReader) => this.#heard(message));
    this.#thread.on('error', (error) => this.#lost(error));
    this.#thread.on('exit', () => {
      this.#lost(undefined);
      this.#exited.resolve();
    });
    const { target, longestBytes } = options;
    const { sizeBytes, limits } = target;
    this.#tell({ type: 'begin', target: { sizeBytes, limits }, longestBytes });
  }

  /** After the last place was taken: returns when all that the thread took is answered. */
  async finish(): Promise<void> {
    // Nothing is left for one that comes now.
    if (this.#state === 'starting') this.#state = 'gone';
    if (this.#state === 'ready' && this.#open > 0) await this.#idle.promise;
  }

  /** Its connections are closed, or cut off when that takes longer than a moment. Never throws. */
  async close(): Promise<void> {
    const isAtWork = this.#state === 'ready';
    this.#state = 'gone';
    this.#idle.resolve();
    this.#tell({ type: 'stop' });
    if (isAtWork) await within(this.#exited.promise, GRACE_MS);
    await this.#thread.terminate();
  }

  #tell(message: ToReader): void {
    this.#thread.postMessage(message);
  }

  #heard(message: FromReader): void {
    if (this.#state === 'gone') return;
    switch (message.type) {
      case 'ready':
        this.#state = 'ready';
        for (let n = 0; n < BATCHES_AHEAD; n += 1) void this.#feed();
        break;
      case 'looked':
        this.#options.onLooked(message.bytes, message.differing);
        void this.#feed();
        this.#closed();
        break;
      case 'failed':
        this.#options.fail(fromPlain(message.error));
        break;
    }
  }

  async #feed(): Promise<void> {
    this.#open += 1;
    try {
      const places = await this.#options.take();
      if (places.length > 0) this.#tell({ type: 'places', places });
      else this.#closed();
    } catch (error) {
      this.#options.fail(error);
    }
  }

  #closed(): void {
    this.#open -= 1;
    if (this.#open === 0) this.#idle.resolve();
  }

  #lost(cause: unknown): void {
    const wasReady = this.#state === 'ready';
    this.#state = 'gone';
    if (wasReady) this.#options.fail(threadEnded(cause));
  }
}
