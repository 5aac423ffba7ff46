import type { Command } from './protocol/constants.ts';
import type { ErrorChunk, StatusChunk } from './protocol/replies.ts';
import type { Awaited, Part } from './protocol/reply-stream.ts';
import type { Cookie } from './protocol/requests.ts';

export interface Asked {
  readonly command: Command;
  readonly offset: number;
  readonly length: number;
  /** Where the bytes of a READ go. */
  readonly into?: Buffer;
  /** The payload of a WRITE. */
  readonly from?: Buffer;
  /** May be sent again after it failed. Default: it may. */
  readonly mayRetry?: boolean;
  /** Whoever asks can do without the answer: what the server refuses is not asked for again. */
  readonly isHint?: boolean;
}

/**
 * One request from the moment it is asked for until it is settled, over as many connections and attempts as that takes.
 * It is the operation in the device's queue, the tenant of a connection's slot and what the reply stream fills, all in
 * one: these are made thousands of times a second, and every object between them would be made as often.
 */
export class NbdRequest implements Awaited, Cookie {
  readonly command: Command;
  readonly offset: number;
  readonly length: number;
  readonly into: Buffer | undefined;
  readonly from: Buffer | undefined;
  readonly mayRetry: boolean;
  readonly isHint: boolean;
  readonly #settled = Promise.withResolvers<void>();
  /** How often it was sent again. */
  attempts = 0;
  // Of the attempt that runs.
  slot = 0;
  generation = 0;
  sentAtMs = 0;
  isOnePiece = false;
  parts: Part[] = [];
  error: ErrorChunk | undefined;
  readonly statuses: StatusChunk[] = [];
  /** Of `statuses`: what is known of zeros, and what the bitmap says. */
  allocation: StatusChunk | undefined;
  dirty: StatusChunk | undefined;

  constructor({ command, offset, length, into, from, mayRetry = true, isHint = false }: Asked) {
    this.command = command;
    this.offset = offset;
    this.length = length;
    this.into = into;
    this.from = from;
    this.mayRetry = mayRetry;
    this.isHint = isHint;
  }

  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** An attempt begins: what an earlier one had heard counts for nothing. */
  begin(slot: number, generation: number, nowMs: number): void {
    this.slot = slot;
    this.generation = generation;
    this.sentAtMs = nowMs;
    this.parts.length = 0;
    this.error = undefined;
    this.statuses.length = 0;
    this.allocation = undefined;
    this.dirty = undefined;
  }

  resolve(): void {
    this.#settled.resolve();
  }

  reject(error: unknown): void {
    this.#settled.reject(error);
  }
}
