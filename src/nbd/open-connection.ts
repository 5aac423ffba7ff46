import { connect, type Socket } from 'node:net';
import type { AppError } from '../base/errors.ts';
import { toAppError, upstream } from '../base/errors.ts';
import { KiB } from '../base/units.ts';
import { NbdConnection, type ConnectionOptions } from './connection.ts';
import { connectionLost, onDevice } from './errors.ts';
import type { ExportInfo } from './protocol/export-info.ts';
import { handshake } from './protocol/handshake.ts';
import { HandshakeFeed } from './protocol/handshake-feed.ts';
import { protocolError } from './protocol/wire.ts';
import type { NbdAddress } from './uri.ts';

export interface OpenOptions extends ConnectionOptions {
  readonly address: NbdAddress;
  readonly exportName: string;
  readonly wantExtents: boolean;
  /** For connecting and the handshake together: a server that is full accepts and then says nothing. */
  readonly handshakeMs: number;
  readonly signal: AbortSignal;
}

const HANDSHAKE_BYTES = 8 * KiB;

/**
 * Connects and shakes hands. Errors: nbd.connect-failed, nbd.handshake-timeout, nbd.handshake-failed (the server hung up:
 * often an unknown export, or too many clients), those of handshake.ts, or the reason of `signal`.
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
 */
class Opening {
  readonly #options: OpenOptions;
  readonly #socket: Socket;
  readonly #feed: HandshakeFeed;
  readonly #scratch = Buffer.allocUnsafe(HANDSHAKE_BYTES);
  readonly #opened = Promise.withResolvers<NbdConnection>();
  #connection: NbdConnection | undefined;
  #isOver = false;

  constructor(options: OpenOptions) {
    this.#options = options;
    this.#feed = new HandshakeFeed(handshake(options));
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
    this.#socket.on('error', this.#onError);
    this.#socket.on('end', this.#onEnd);
    this.#socket.on('close', this.#onEnd);
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

  #shake(bytes: Buffer): void {
    if (this.#isOver) return;
    try {
      const step = this.#feed.push(bytes);
      if (step.send.length > 0) this.#socket.write(step.send);
      if (step.info !== undefined) this.#finish(step.info);
    } catch (error) {
      this.fail(onDevice(toAppError(error), this.#options.device));
    }
  }

  #finish(info: ExportInfo): void {
    if (this.#feed.leftBytes > 0) throw protocolError('bytes after the handshake that nobody asked for');
    this.#isOver = true;
    this.#socket.off('error', this.#onError).off('end', this.#onEnd).off('close', this.#onEnd);
    this.#connection = new NbdConnection(this.#socket, info, this.#options);
    this.#opened.resolve(this.#connection);
  }

  readonly #onError = (cause: Error): void => {
    const { device } = this.#options;
    this.fail(
      upstream('nbd.connect-failed', `cannot connect to ${device}: ${reasonOf(cause)}`, {
        hint: 'is the server running, and reachable from here?',
        details: { device },
        cause,
      }),
    );
  };

  readonly #onEnd = (): void => {
    const { device, exportName } = this.#options;
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
