import type { ExportInfo } from './export-info.ts';
import type { Handshake, HandshakeStep } from './handshake.ts';
import { protocolError } from './wire.ts';

export interface HandshakeProgress {
  /** To be sent now; empty when nothing is. */
  readonly send: Buffer;
  /** TLS begins now, before anything else is sent or read. */
  readonly startsTls: boolean;
  /** Set once, when the handshake is over. */
  readonly info?: ExportInfo;
}

const NO_BYTES = Buffer.alloc(0);

/** Feeds a handshake with bytes in whatever pieces they come. */
export class HandshakeFeed {
  readonly #dialogue: Handshake;
  #step: IteratorResult<HandshakeStep, ExportInfo>;
  #bytes: Buffer = NO_BYTES;

  constructor(dialogue: Handshake) {
    this.#dialogue = dialogue;
    this.#step = dialogue.next();
  }

  /** Bytes that came behind the end of the handshake. */
  get leftBytes(): number {
    return this.#bytes.length;
  }

  /** Throws what the dialogue throws, and nbd.protocol for bytes in the clear behind the agreement on TLS. */
  push(bytes: Buffer): HandshakeProgress {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const send: Buffer[] = [];
    while (this.#wanted !== undefined && this.#bytes.length >= this.#wanted) {
      const wanted = this.#bytes.subarray(0, this.#wanted);
      this.#bytes = this.#bytes.subarray(wanted.length);
      this.#advance(wanted, send);
    }
    return this.#progress(send);
  }

  /** TLS is up; everything from now on goes through it. */
  secured(): HandshakeProgress {
    const send: Buffer[] = [];
    this.#advance(NO_BYTES, send);
    return this.#progress(send);
  }

  /** Undefined: no byte will be taken before something else happens. */
  get #wanted(): number | undefined {
    return this.#step.done === true || this.#step.value.startsTls === true ? undefined : this.#step.value.receiveBytes;
  }

  #advance(bytes: Buffer, send: Buffer[]): void {
    this.#step = this.#dialogue.next(bytes);
    if (this.#step.done !== true && this.#step.value.send !== undefined) send.push(this.#step.value.send);
  }

  #progress(send: readonly Buffer[]): HandshakeProgress {
    const sent = { send: Buffer.concat(send) };
    if (this.#step.done === true) return { ...sent, startsTls: false, info: this.#step.value };
    const startsTls = this.#step.value.startsTls === true;
    // Whoever sits between could slip them in, and we would take them for what the server said under TLS.
    if (startsTls && this.#bytes.length > 0) throw protocolError('bytes in the clear behind the agreement on TLS');
    return { ...sent, startsTls };
  }
}
