import type { TLSSocket } from 'node:tls';
import { KiB } from '../../base/units.ts';

/** Below this a copy costs less than a write of its own. */
const SMALL_BYTES = 4 * KiB;

interface Waiting {
  readonly chunk: Buffer;
  readonly encoding: BufferEncoding;
}

/**
 * Makes a socket hand what waits in it to TLS in pieces: requests without a payload together, each payload by itself.
 * Node's own way is to copy all that waits, megabytes of it, into one new buffer, and to encrypt that as a whole, which
 * takes another of the same size.
 */
export function writeInPieces(socket: TLSSocket): void {
  socket._writev = (waiting: Waiting[], done): void => {
    const [first] = waiting;
    const pieces = piecesOf(waiting.map(({ chunk }) => chunk));
    const next = (error?: Error | null): void => {
      const piece = pieces.next();
      const hasFailed = error !== undefined && error !== null;
      if (first === undefined || piece.done === true || hasFailed) done(error);
      // Whatever waits here is a buffer, and Node says so by the encoding.
      else socket._write(piece.value, first.encoding, next);
    };
    next();
  };
}

/** The same bytes in the same order; small neighbours joined. */
export function* piecesOf(chunks: Iterable<Buffer>): Generator<Buffer, void> {
  let small: Buffer[] = [];
  for (const chunk of chunks) {
    if (chunk.length < SMALL_BYTES) {
      small.push(chunk);
      continue;
    }
    if (small.length > 0) yield joined(small);
    small = [];
    yield chunk;
  }
  if (small.length > 0) yield joined(small);
}

const joined = (small: readonly Buffer[]): Buffer => {
  const [only] = small;
  return small.length === 1 && only !== undefined ? only : Buffer.concat(small);
};
