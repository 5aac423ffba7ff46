import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What is sprung at statement number `at`, from 1: before it reaches the database, or when it has and nobody knows. */
export interface Spring {
  readonly at: number;
  readonly when: 'before' | 'after';
  readonly act: () => void;
}

/**
 * A wire to a database that counts the statements which name one of some tables, and does something at one of them: the
 * moments at which a process may die are numbered, and each of them can be tried.
 */
export class StatementTrap implements AsyncDisposable {
  readonly port: number;
  #count = 0;
  #spring: Spring | undefined;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    const address = server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
    this.#server = server;
    this.#sockets = sockets;
  }

  static async start(to: { host: string; port: number }, tables: RegExp): Promise<StatementTrap> {
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const trap = new StatementTrap(server, sockets);
    server.on('connection', (near) => {
      const far = connect({ ...to, noDelay: true });
      for (const one of [near, far]) {
        sockets.add(one);
        one.on('error', () => undefined);
        one.on('close', () => {
          sockets.delete(one);
          near.destroy();
          far.destroy();
        });
      }
      far.on('data', (bytes) => near.write(bytes));
      near.on('data', (bytes: Buffer) => trap.#pass(bytes, { far, isCounted: tables.test(bytes.toString('latin1')) }));
    });
    return trap;
  }

  /** Statements since it was last set. */
  get count(): number {
    return this.#count;
  }

  set(spring: Spring | undefined): void {
    this.#count = 0;
    this.#spring = spring;
  }

  #pass(bytes: Buffer, { far, isCounted }: { far: Socket; isCounted: boolean }): void {
    if (isCounted) this.#count += 1;
    const spring = isCounted && this.#spring?.at === this.#count ? this.#spring : undefined;
    if (spring !== undefined) this.#spring = undefined;
    if (spring?.when === 'before') spring.act();
    far.write(bytes, () => {
      if (spring?.when === 'after') spring.act();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
