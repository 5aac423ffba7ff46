import { createServer, type Server, type Socket } from 'node:net';
import { MiB } from '../../src/base/units.ts';
import { concat, infoExport, optionReply, simpleReply, text, u16 } from './nbd-bytes.ts';
import type { TestFolder } from './nbd-servers.ts';

/** A request as it arrived, and how to answer it. */
export interface Received {
  cookie: Buffer;
  flags: number;
  command: number;
  offset: number;
  length: number;
  /** What a write carries; empty for everything else. */
  payload: Buffer;
  socket: Socket;
}

/** Size of the disk that it shows unless told otherwise. */
export const SIZE = 1 * MiB;
/** Can flush, can zero, takes several connections. */
export const FLAGS = 0x1 | 0x4 | 0x40 | 0x100;

export interface Malice {
  /** Answers the handshake; default: a good server without structured replies. */
  onConnect?: (socket: Socket) => void;
  /** Answers a request; default: zeros, and success. */
  onRequest?: (request: Received) => void;
  /** Another handshake, and how much the client says in it. */
  hello?: { bytes: Buffer; skipBytes: number };
  /** Ignores that the client says goodbye. */
  staysAfterGoodbye?: boolean;
}

/** The answer of a good server whose disk is all zeros. */
export const good = ({ cookie, command, length, socket }: Received): void => {
  socket.write(simpleReply(cookie, 0, command === 0 ? Buffer.alloc(length) : undefined));
};

/** The greeting, and the answers to STRUCTURED_REPLY (unknown) and GO. */
export const HELLO = concat(text('NBDMAGIC'), text('IHAVEOPT'), u16(3));
export const ACCEPT = concat(optionReply(8, 0x80000001), optionReply(7, 3, infoExport(SIZE, FLAGS)), optionReply(7, 1));

/** A server that lies in the way that a test wants; everything else it does well. */
export class HostileServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly uri: string;
  connections = 0;
  /** Clients that said goodbye before they left. */
  goodbyes = 0;

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.uri = `nbd+unix:///x?socket=${path}`;
  }

  static async start(folder: TestFolder, malice: Malice): Promise<HostileServer> {
    const path = folder.file('hostile');
    const server = createServer({ allowHalfOpen: malice.staysAfterGoodbye === true });
    const hostile = new HostileServer(server, path);
    server.on('connection', (socket) => hostile.#serve(socket, malice));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return hostile;
  }

  #serve(socket: Socket, malice: Malice): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    if (malice.onConnect !== undefined) {
      malice.onConnect(socket);
      return;
    }
    // The client sends 4 + 16 bytes, then GO with "x": 16 + 4 + 1 + 2 + 2 bytes.
    const hello = malice.hello ?? { bytes: concat(HELLO, ACCEPT), skipBytes: 4 + 16 + 25 };
    socket.write(hello.bytes);
    let skip = hello.skipBytes;
    let bytes: Buffer = Buffer.alloc(0);
    socket.on('data', (data: Buffer) => {
      bytes = Buffer.concat([bytes, data]);
      const skipped = Math.min(skip, bytes.length);
      skip -= skipped;
      bytes = bytes.subarray(skipped);
      for (;;) {
        const payload = bytes.length >= 28 && bytes.readUInt16BE(6) === 1 ? bytes.readUInt32BE(24) : 0;
        if (bytes.length < 28 + payload) return;
        const request: Received = {
          cookie: Buffer.from(bytes.subarray(8, 16)),
          flags: bytes.readUInt16BE(4),
          command: bytes.readUInt16BE(6),
          offset: Number(bytes.readBigUInt64BE(16)),
          length: bytes.readUInt32BE(24),
          payload: Buffer.from(bytes.subarray(28, 28 + payload)),
          socket,
        };
        bytes = bytes.subarray(28 + payload);
        if (request.command === 2) this.goodbyes += 1;
        if (request.command !== 2) (malice.onRequest ?? good)(request);
        else if (malice.staysAfterGoodbye !== true) socket.end();
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
