import type { Logger } from '../base/logger.ts';
import { describeError } from '../base/errors.ts';

export interface LoopOptions {
  readonly name: string;
  readonly everyMs: number;
  readonly log: Logger;
  /** One round. It must have limits of its own; what it throws is logged and the loop goes on. */
  readonly round: () => Promise<void>;
  /** Pause after a round that failed; `everyMs` without it. */
  readonly afterFailureMs?: number;
}

/**
 * Runs a round every `everyMs` (± 10 %, so that many processes do not march in step), never two at a time, and at once
 * when woken. `close` ends it after the round in hand.
 */
export class Loop {
  readonly #options: LoopOptions;
  readonly #ended: Promise<void>;
  #closed = false;
  #woken = false;
  #wake: () => void = () => undefined;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#ended = this.#run();
  }

  /** Runs a round now, or once more right after the one in hand. */
  wake(): void {
    this.#woken = true;
    this.#wake();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { everyMs, afterFailureMs, log, name, round } = this.#options;
    while (!this.#closed) {
      this.#woken = false;
      let pauseMs = everyMs;
      try {
        await round();
      } catch (error) {
        pauseMs = afterFailureMs ?? everyMs;
        log.warn({ loop: name, reason: describeError(error) }, 'round failed');
      }
      await this.#pause(pauseMs * (0.9 + Math.random() * 0.2));
    }
  }

  async #pause(ms: number): Promise<void> {
    if (this.#closed || this.#woken) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** The value, or undefined when it took longer than `ms` or failed. What comes later is dropped. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  try {
    return await withLimit(ms, work);
  } catch {
    return undefined;
  }
}

/** The value, or undefined when it took longer than `ms`. What comes later is dropped, errors too. */
export async function withLimit<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
