import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Boundaries, Question } from './boundaries.ts';

/** Names a question by its first bytes; undefined: it is none that counts. One per connection. */
export type Namer = () => (bytes: Buffer) => string | undefined;

/** Statements by verb and table, and the commit of a transaction in which there was one. */
export const statements =
  (tables: RegExp): Namer =>
  () => {
    let isOpen = false;
    return (bytes) => {
      const text = bytes.toString('latin1');
      if (/^.{5}(commit|rollback)/is.test(text)) {
        const what = isOpen ? 'commit' : undefined;
        isOpen = false;
        return what;
      }
      const [table] = tables.exec(text) ?? [];
      if (table === undefined) return undefined;
      isOpen = true;
      return `${/\b(select|insert|update|delete)\b/i.exec(text)?.[0].toLowerCase() ?? 'other'} ${table}`;
    };
  };

/** Requests by their method and the last word of their path, or by the command of CloudStack. */
export const requests: Namer = () => (bytes) => {
  const text = bytes.toString('latin1');
  const [, method = '', path = ''] = /^([A-Z]+) (\S+) HTTP/.exec(text) ?? [];
  if (method === '') return undefined;
  const command = /[?&\n]command=(\w+)/.exec(text)?.[1];
  return command ?? `${method} ${path.replace(/\?.*/, '').split('/').at(-1) ?? ''}`;
};

/** A wire to a server whose connections ask and answer in turns, as those of MariaDB and of HTTP do. */
export class TurnWire implements AsyncDisposable {
  readonly boundaries: Boundaries;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(boundaries: Boundaries) {
    this.boundaries = boundaries;
    this.#server = createServer({ noDelay: true });
  }

  static async start(to: { host: string; port: number }, namer: Namer, boundaries: Boundaries): Promise<TurnWire> {
    const wire = new TurnWire(boundaries);
    wire.#server.on('connection', (near) =>
      wire.#join(near, { far: connect({ ...to, noDelay: true }), name: namer() }),
    );
    wire.#server.listen(0, '127.0.0.1');
    await once(wire.#server, 'listening');
    return wire;
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the wire is closed');
    return address.port;
  }

  #join(near: Socket, { far, name }: { far: Socket; name: ReturnType<Namer> }): void {
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    let [question, isAsking]: [Question | undefined, boolean] = [undefined, false];
    near.on('data', (bytes: Buffer) => {
      if (!isAsking) {
        const what = name(bytes);
        question = what === undefined ? undefined : this.boundaries.ask(what);
        isAsking = true;
        if (question?.before() === true) near.destroy();
      }
      if (!near.destroyed) far.write(bytes);
    });
    far.on('data', (bytes: Buffer) => {
      isAsking = false;
      const asked = question;
      question = undefined;
      if (asked?.after() === true) near.destroy();
      if (!near.destroyed) near.write(bytes);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
