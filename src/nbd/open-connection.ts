import { connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { AppError } from '../base/errors.ts';
import { toAppError, upstream } from '../base/errors.ts';
import { invariant } from '../base/invariant.ts';
import { KiB } from '../base/units.ts';
import { NbdConnection, type ConnectionOptions } from './connection.ts';
import { connectionLost, onDevice } from './errors.ts';
import type { ExportInfo } from './protocol/export-info.ts';
import { handshake } from './protocol/handshake.ts';
import { HandshakeFeed, type HandshakeProgress } from './protocol/handshake-feed.ts';
import { protocolError } from './protocol/wire.ts';
import { pour } from './tls/pour.ts';
import type { TlsClient } from './tls/tls-client.ts';
import type { NbdAddress } from './uri.ts';

export interface OpenOptions extends ConnectionOptions {
  readonly address: NbdAddress;
  readonly exportName: string;
  readonly wantExtents: boolean;
  readonly bitmap: string | undefined;
  /** TLS or nothing; undefined: in the clear. */
  readonly tls: TlsClient | undefined;
  /** For connecting and the handshake together, TLS included: a server that is full accepts and then says nothing. */
  readonly handshakeMs: number;
  readonly signal: AbortSignal;
}

const HANDSHAKE_BYTES = 8 * KiB;

/**
 * Connects and shakes hands. Errors: nbd.connect-failed, nbd.handshake-timeout, nbd.handshake-failed (the server hung up:
 * often an unknown export, or too many clients), nbd.tls-peer-unverified, nbd.tls-handshake-failed, those of handshake.ts,
 * or the reason of `signal`.
 */
export async function openConnection(options: OpenOptions): Promise<NbdConnection> {
  options.signal.throwIfAborted();
  const opening = new Opening(options);
  const onAbort = (): void => opening.fail(options.signal.reason);
  options.signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => opening.fail(timedOut(options)), options.handshakeMs);
  try {
    return await opening.done;
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', onAbort);
  }
}

/**
 * Owns the socket until it is a connection. Both phases read through the same two functions of the socket: `onread` asks
 * for the next buffer before anything else can run, so there is no moment at which a reader could be exchanged safely.
 * A socket that TLS has been put on is read through its stream: Node honours `onread` only where TLS was there first.
 */
class Opening {
  readonly #options: OpenOptions;
  #socket: Socket;
  #secure: TLSSocket | undefined;
  #isHeardUnderTls = false;
  readonly #feed: HandshakeFeed;
  readonly #scratch = Buffer.allocUnsafe(HANDSHAKE_BYTES);
  readonly #opened = Promise.withResolvers<NbdConnection>();
  #connection: NbdConnection | undefined;
  #isOver = false;

  constructor(options: OpenOptions) {
    this.#options = options;
    this.#feed = new HandshakeFeed(handshake({ ...options, wantTls: options.tls !== undefined }));
    const { address } = options;
    const where = address.transport === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
    this.#socket = connect({
      ...where,
      noDelay: true,
      onread: {
        buffer: () => this.#connection?.room() ?? this.#scratch,
        callback: (bytes, buffer) => {
          if (this.#connection === undefined) this.#shake(Buffer.from(buffer.subarray(0, bytes)));
          else this.#connection.received(bytes);
          return true;
        },
      },
    });
    this.#listen(this.#socket);
  }

  get done(): Promise<NbdConnection> {
    return this.#opened.promise;
  }

  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.destroy();
    this.#opened.reject(error);
  }

  #listen(socket: Socket): void {
    socket.on('error', this.#onError).on('end', this.#onEnd).on('close', this.#onEnd);
  }

  #unlisten(socket: Socket): void {
    socket.off('error', this.#onError).off('end', this.#onEnd).off('close', this.#onEnd);
  }

  #shake(bytes: Buffer): void {
    this.#step(() => this.#feed.push(bytes));
  }

  #step(progress: () => HandshakeProgress): void {
    if (this.#isOver) return;
    try {
      const { send, startsTls, info } = progress();
      if (send.length > 0) this.#socket.write(send);
      if (startsTls) this.#startTls();
      if (info !== undefined) this.#finish(info);
    } catch (error) {
      this.fail(onDevice(toAppError(error), this.#options.device));
    }
  }

  /** Runs while the bytes of the agreement are looked at, so nothing can be read in the clear any more. */
  #startTls(): void {
    const { tls, device } = this.#options;
    invariant(tls !== undefined, 'TLS is agreed on only where it is wished for');
    this.#unlisten(this.#socket);
    const secure = tls.start(this.#socket);
    this.#socket = secure;
    this.#secure = secure;
    this.#listen(secure);
    let isVerified = false;
    secure.once('secureConnect', () => {
      isVerified = true;
      this.#step(() => this.#feed.secured());
    });
    secure.on('data', (chunk: Buffer) => {
      this.#isHeardUnderTls = true;
      if (!isVerified) this.fail(onDevice(protocolError('data before the server has proven who it is'), device));
      else if (this.#connection === undefined) this.#shake(chunk);
      else pour(chunk, this.#connection);
    });
  }

  #finish(info: ExportInfo): void {
    if (this.#feed.leftBytes > 0) throw protocolError('bytes after the handshake that nobody asked for');
    this.#isOver = true;
    this.#unlisten(this.#socket);
    this.#connection = new NbdConnection(this.#socket, info, this.#options);
    this.#opened.resolve(this.#connection);
  }

  readonly #onError = (cause: Error): void => {
    const { device, tls } = this.#options;
    if (this.#secure !== undefined && tls !== undefined) {
      this.fail(tls.failure(this.#secure, { device, cause }));
      return;
    }
    this.fail(
      upstream('nbd.connect-failed', `cannot connect to ${device}: ${reasonOf(cause)}`, {
        hint: 'is the server running, and reachable from here?',
        details: { device },
        cause,
      }),
    );
  };

  readonly #onEnd = (): void => {
    const { device, exportName, tls } = this.#options;
    if (this.#secure !== undefined && tls !== undefined && !this.#isHeardUnderTls) {
      this.fail(tls.failure(this.#secure, { device, cause: connectionLost(device) }));
      return;
    }
    this.fail(
      upstream('nbd.handshake-failed', `${device} hung up during the handshake`, {
        hint: `check the export name "${exportName}" and how many clients the server takes`,
        details: { device, exportName },
        cause: connectionLost(device),
      }),
    );
  };
}

/** A host with several addresses fails with one error per address and no message of its own. */
function reasonOf(cause: Error): string {
  if (!(cause instanceof AggregateError)) return cause.message;
  return cause.errors.map((error: unknown) => (error instanceof Error ? error.message : String(error))).join('; ');
}

function timedOut(options: OpenOptions): AppError {
  const { device, handshakeMs } = options;
  return upstream('nbd.handshake-timeout', `${device} did not finish the handshake within ${handshakeMs / 1000} s`, {
    hint: 'a server that takes one client at a time is silent to the second',
    details: { device, handshakeMs },
  });
}
