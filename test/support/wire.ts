import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../../src/lab/embedded/free-port.ts';

interface Place {
  readonly host: string;
  readonly port: number;
}

/** A wire to a real server that can be cut and mended, or made to swallow everything. Dispose it. */
export class Wire implements AsyncDisposable {
  readonly #sockets = new Set<Socket>();
  #to: Place = { host: '127.0.0.1', port: 9 };
  #port = 0;
  #server: Server | undefined;
  #isMute = false;

  /** Returns the port of 127.0.0.1 that leads to the server. */
  async open(to: Place): Promise<number> {
    this.#to = to;
    // Not one of the kernel's choice: that may give it to somebody else while the wire is cut.
    this.#port = await freePort();
    await this.mend();
    return this.#port;
  }

  /** The same port leads to the server again. */
  async mend(): Promise<void> {
    const server = createServer((near) => this.#join(near));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#server = server;
    this.#isMute = false;
  }

  /** Connections can be made and stay open, and nothing comes through. */
  mute(): Promise<void> {
    this.#isMute = true;
    return this.forget();
  }

  /** The connections that there are stay open, and nothing comes through; new ones work. */
  forget(): Promise<void> {
    for (const socket of this.#sockets) socket.unpipe().pause();
    return Promise.resolve();
  }

  /** Every connection breaks, and new ones are refused. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    await closed;
  }

  #join(near: Socket): void {
    this.#sockets.add(near);
    near.on('error', () => near.destroy());
    if (this.#isMute) return;
    const far = connect(this.#to);
    this.#sockets.add(far);
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    near.pipe(far).pipe(near);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut();
  }
}
