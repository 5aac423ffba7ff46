import type { ExportInfo } from './export-info.ts';
import type { Handshake, HandshakeStep } from './handshake.ts';

export interface HandshakeProgress {
  /** To be sent now; empty when nothing is. */
  readonly send: Buffer;
  /** Set once, when the handshake is over. */
  readonly info?: ExportInfo;
}

/** Feeds a handshake with bytes in whatever pieces they come. */
export class HandshakeFeed {
  readonly #dialogue: Handshake;
  #step: IteratorResult<HandshakeStep, ExportInfo>;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(dialogue: Handshake) {
    this.#dialogue = dialogue;
    this.#step = dialogue.next();
  }

  /** Bytes that came behind the end of the handshake. */
  get leftBytes(): number {
    return this.#bytes.length;
  }

  /** Throws what the dialogue throws. */
  push(bytes: Buffer): HandshakeProgress {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const send: Buffer[] = [];
    while (this.#step.done !== true && this.#bytes.length >= this.#step.value.receiveBytes) {
      const wanted = this.#bytes.subarray(0, this.#step.value.receiveBytes);
      this.#bytes = this.#bytes.subarray(wanted.length);
      this.#step = this.#dialogue.next(wanted);
      if (this.#step.done !== true && this.#step.value.send !== undefined) send.push(this.#step.value.send);
    }
    return this.#step.done === true
      ? { send: Buffer.concat(send), info: this.#step.value }
      : { send: Buffer.concat(send) };
  }
}
