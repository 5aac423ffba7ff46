import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A wire between a process and a server that it asks, which counts the requests and has the process killed at one of
 * them: before the server has seen it, or when the server has done it and the answer is on its way.
 */

export interface Strike {
  /** Counted from 1 since the wire was armed. */
  readonly at: number;
  readonly when: 'before' | 'after';
  /** Counts only requests that have this in their text; all when absent. */
  readonly asking?: string;
  /** Must have killed the process when it returns. */
  readonly kill: () => void;
}

export class FatalWire implements AsyncDisposable {
  readonly #to: { host: string; port: number };
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #strike: Strike | undefined;
  #requests = 0;

  private constructor(to: { host: string; port: number }) {
    this.#to = to;
    this.#server = createServer({ noDelay: true }, (near) => this.#join(near));
  }

  static async to(to: { host: string; port: number }): Promise<FatalWire> {
    const wire = new FatalWire(to);
    wire.#server.listen(0, '127.0.0.1');
    await once(wire.#server, 'listening');
    return wire;
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the wire is closed');
    return address.port;
  }

  /** Requests since it was armed; the one that was fatal is the last. */
  get requests(): number {
    return this.#requests;
  }

  /** It has been armed and has struck since. */
  get struck(): boolean {
    return this.#strike === undefined;
  }

  arm(strike: Strike): void {
    this.#requests = 0;
    this.#strike = strike;
  }

  /** True when it has struck. */
  disarm(): boolean {
    const { struck } = this;
    this.#strike = undefined;
    return struck;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cutAll();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Both protocols take turns: what comes after an answer, or first, is a request. */
  #join(near: Socket): void {
    const far = connect({ ...this.#to, noDelay: true });
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    const turn = { isAsking: false, isFatal: false };
    near.on('data', (data: Buffer) => {
      if (this.#isCounted(data, turn.isAsking)) {
        this.#requests += 1;
        turn.isFatal = this.#requests === this.#strike?.at;
      }
      turn.isAsking = true;
      if (turn.isFatal && this.#strike?.when === 'before') this.#strikeNow();
      else far.write(data);
    });
    far.on('data', (data: Buffer) => {
      turn.isAsking = false;
      if (turn.isFatal) this.#strikeNow();
      else near.write(data);
    });
  }

  /** A body may come after its head. */
  #isCounted(data: Buffer, isAsking: boolean): boolean {
    if (this.#strike?.asking !== undefined) return data.includes(this.#strike.asking);
    return this.#strike !== undefined && !isAsking;
  }

  #strikeNow(): void {
    this.#strike?.kill();
    this.#strike = undefined;
    this.#cutAll();
  }

  #cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
