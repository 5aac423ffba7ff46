import { connect, createServer, type Server, type Socket } from 'node:net';
import type { NbdServer, TestFolder } from './nbd-servers.ts';

/** Something that happens to one connection when a byte that travels one way is due. What came before it passes. */
export interface Fault {
  readonly way: 'toClient' | 'toServer';
  /** Counted per connection and way from 0. */
  readonly atByte: number;
  /**
   * cut: both ends see the connection close. reset: the same by RST (TCP only). blackhole: nothing comes through any more,
   * either way, and nobody is told. half-close: this way is over, the other stays. flip: the byte arrives changed.
   * split: it arrives apart from what came before it.
   */
  readonly does: 'cut' | 'reset' | 'blackhole' | 'half-close' | 'flip' | 'split';
  /** The bits that a flip changes. Default 1. */
  readonly bits?: number;
}

/** What the wire does; may be changed at any time, for the connections that come. */
export interface Weather {
  /** Of each way. */
  readonly latencyMs?: number;
  /** Bytes of the next piece; each piece is written on its own. */
  readonly pieceBytes?: () => number;
  /** What happens to connection number `connection`, from 0. */
  readonly faults?: (connection: number) => readonly Fault[];
}

/** A wire to a real NBD server on which everything happens that happens to wires. Dispose it. */
export class ChaosProxy implements AsyncDisposable {
  weather: Weather = {};
  /** How many bytes came in each way, per connection. */
  readonly traffic: { toClient: number; toServer: number }[] = [];
  readonly #to: NbdServer;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #where: string | number;

  private constructor(to: NbdServer, server: Server, where: string | number) {
    this.#to = to;
    this.#server = server;
    this.#where = where;
    server.on('connection', (near) => this.#join(near));
  }

  /** `transport` of the client's side: a reset needs tcp. */
  static async start(folder: TestFolder, to: NbdServer, transport: 'unix' | 'tcp' = 'unix'): Promise<ChaosProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const path = folder.file(`p${(count += 1)}`);
    await new Promise<void>((resolve) => {
      if (transport === 'tcp') server.listen(0, '127.0.0.1', resolve);
      else server.listen(path, resolve);
    });
    const address = server.address();
    const where = typeof address === 'object' && address !== null ? address.port : path;
    return new ChaosProxy(to, server, where);
  }

  uri(exportName = ''): string {
    const name = encodeURIComponent(exportName);
    if (typeof this.#where === 'number') return `nbd://127.0.0.1:${this.#where}/${name}`;
    return `nbd+unix:///${name}?socket=${this.#where}`;
  }

  #join(near: Socket): void {
    const connection = this.traffic.length;
    const traffic = { toClient: 0, toServer: 0 };
    this.traffic.push(traffic);
    const { socket } = this.#to;
    const where = typeof socket === 'string' ? { path: socket } : { port: socket, host: '127.0.0.1' };
    const far = connect({ ...where, allowHalfOpen: true, noDelay: true });
    const wire = { near, far, isMute: false, weather: this.weather, traffic };
    const faults = this.weather.faults?.(connection) ?? [];
    for (const one of [near, far]) {
      this.#sockets.add(one);
      one.on('error', () => undefined);
    }
    near.on('close', () => far.destroy());
    far.on('close', () => near.end());
    new Way(wire, 'toServer', faults);
    new Way(wire, 'toClient', faults);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

let count = 0;

interface Wire {
  readonly near: Socket;
  readonly far: Socket;
  isMute: boolean;
  readonly weather: Weather;
  readonly traffic: { toClient: number; toServer: number };
}

/** One direction of a connection: everything that arrives leaves in order, after what the weather does to it. */
class Way {
  readonly #wire: Wire;
  readonly #way: Fault['way'];
  readonly #faults: readonly Fault[];
  #last: Promise<void> = Promise.resolve();

  constructor(wire: Wire, way: Fault['way'], faults: readonly Fault[]) {
    this.#wire = wire;
    this.#way = way;
    this.#faults = faults.filter((fault) => fault.way === way).toSorted((a, b) => a.atByte - b.atByte);
    const from = way === 'toClient' ? wire.far : wire.near;
    from.on('data', (data: Buffer) => this.#take(data));
    from.on('end', () => this.#later(() => void this.#to.end()));
  }

  get #to(): Socket {
    return this.#way === 'toClient' ? this.#wire.near : this.#wire.far;
  }

  #take(data: Buffer): void {
    const start = this.#wire.traffic[this.#way];
    const end = (this.#wire.traffic[this.#way] += data.length);
    let sentTo = start;
    for (const { atByte, does, bits = 1 } of this.#faults) {
      if (atByte < start || atByte >= end) continue;
      if (does === 'flip') {
        data[atByte - start] = (data[atByte - start] ?? 0) ^ bits;
        continue;
      }
      this.#send(data.subarray(sentTo - start, atByte - start));
      sentTo = atByte;
      this.#later(() => this.#strike(does));
    }
    this.#send(data.subarray(sentTo - start));
  }

  async #strike(does: Exclude<Fault['does'], 'flip'>): Promise<void> {
    const { near, far } = this.#wire;
    // Two turns of the event loop, in one of which the other end reads.
    if (does === 'split') for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    if (does === 'half-close') this.#to.end();
    else if (does === 'reset') near.resetAndDestroy();
    else if (does === 'cut') near.destroy();
    if (does === 'cut' || does === 'reset') far.destroy();
    // Also after a half-close: what would still come this way is lost.
    if (does === 'blackhole') this.#wire.isMute = true;
  }

  #send(data: Buffer): void {
    if (data.length > 0) this.#later(() => this.#write(data));
  }

  async #write(data: Buffer): Promise<void> {
    const { pieceBytes } = this.#wire.weather;
    for (let at = 0; at < data.length;) {
      const bytes = Math.min(data.length - at, pieceBytes?.() ?? data.length);
      if (this.#wire.isMute || this.#to.destroyed || this.#to.writableEnded) return;
      const piece = data.subarray(at, at + bytes);
      await new Promise((resolve) => this.#to.write(piece, resolve));
      // Lets the other end read it before the next one comes.
      if (pieceBytes !== undefined) await new Promise((resolve) => setImmediate(resolve));
      at += bytes;
    }
  }

  /** After all that came before, and not before its latency is over. */
  #later(act: () => void | Promise<void>): void {
    const { latencyMs } = this.#wire.weather;
    const arrived =
      latencyMs === undefined ? undefined : new Promise<void>((resolve) => setTimeout(resolve, latencyMs));
    this.#last = Promise.all([this.#last, arrived]).then(() => (this.#wire.isMute ? undefined : act()));
  }
}
