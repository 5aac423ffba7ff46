/**
 * A bounded queue between one producer and many consumers. The producer waits when it is full, consumers wait when it
 * is empty; an error of the producer reaches every consumer.
 */
export class Channel<T> {
  readonly #items: T[] = [];
  readonly #capacity: number;
  #takers: PromiseWithResolvers<void>[] = [];
  #room: PromiseWithResolvers<void> | undefined;
  #ended = false;
  #error: unknown;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Runs `producer` to its end; the returned promise never rejects, the error goes to the consumers. */
  async fill(producer: AsyncIterable<T>): Promise<void> {
    try {
      for await (const item of producer) {
        if (this.#ended) return;
        this.#items.push(item);
        this.#takers.shift()?.resolve();
        if (this.#items.length >= this.#capacity) {
          this.#room = Promise.withResolvers();
          await this.#room.promise;
        }
      }
    } catch (error) {
      this.#error = error;
    }
    this.end();
  }

  /** The next item; undefined when there will be none. Throws the producer's error once the items before it are gone. */
  async take(): Promise<T | undefined> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) {
        this.#makeRoom();
        return item;
      }
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) return undefined;
      const taker = Promise.withResolvers<void>();
      this.#takers.push(taker);
      await taker.promise;
    }
  }

  /** No more items come: waiting consumers get undefined, a waiting producer stops. */
  end(): void {
    this.#ended = true;
    for (const taker of this.#takers) taker.resolve();
    this.#takers = [];
    this.#makeRoom();
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}
