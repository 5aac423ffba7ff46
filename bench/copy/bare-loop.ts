// The floor of copy-dense: the least that JavaScript does to move a disk between two NBD servers on unix sockets. Two
// threads, one connection to each side, six requests of 1 MiB each; no check of an answer beyond its magic, no repeat, no
// look at zeros, no log, no FLUSH. What the engine needs beside it is what its safety costs.
// bare-loop.ts SRC DST
import { connect, type Socket } from 'node:net';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { MiB } from '../../src/base/units.ts';
import { SIMPLE_REPLY_BYTES } from '../../src/nbd/protocol/replies.ts';
import { encodeRequest } from '../../src/nbd/protocol/requests.ts';
import { COMMAND, OPTION, OPTION_MAGIC, SIMPLE_REPLY_MAGIC } from '../../src/nbd/protocol/constants.ts';
import { readUint64 } from '../../src/nbd/protocol/wire.ts';

const PIECE_BYTES = 1 * MiB;
const PIECES_UNDER_WAY = 6;
const THREADS = 2;
const GREETING_BYTES = 18;
const EXPORT_BYTES = 10;

interface Shared {
  readonly paths: readonly string[];
  /** The next piece to take, counted by all threads. */
  readonly taken: Int32Array;
}

/** One connection. Whoever reads it says where the next bytes go, and hears how many came. */
class Wire {
  readonly opened = Promise.withResolvers<void>();
  readonly socket: Socket;
  readonly reply = Buffer.allocUnsafeSlow(SIMPLE_REPLY_BYTES);
  sizeBytes = 0;
  readonly #hello = Buffer.alloc(GREETING_BYTES + EXPORT_BYTES);
  #got = 0;

  constructor(path: string) {
    const onread = { buffer: () => this.room(), callback: (bytes: number) => (this.came(bytes), true) };
    this.socket = connect({ path, onread });
    this.socket.on('error', this.opened.reject);
  }

  /** The buffer for the first reply is asked for as soon as the last byte of the handshake was read. */
  room = (): Buffer => {
    if (this.#got === this.#hello.length) return this.reply;
    return this.#hello.subarray(this.#got, this.#got < GREETING_BYTES ? GREETING_BYTES : undefined);
  };

  /** Shakes hands with NBD_OPT_EXPORT_NAME: no structured replies, nothing to take apart. Source: NBD proto.md. */
  came = (bytes: number): void => {
    this.#got += bytes;
    if (this.#got === GREETING_BYTES) this.socket.write(exportRequest());
    if (this.#got < this.#hello.length) return;
    this.sizeBytes = readUint64(this.#hello, GREETING_BYTES) ?? NaN;
    this.opened.resolve();
  };
}

async function open(path: string): Promise<Wire> {
  const wire = new Wire(path);
  await wire.opened.promise;
  return wire;
}

/** Client flags (fixed newstyle, no zeroes), then the option with an empty name. */
function exportRequest(): Buffer {
  const bytes = Buffer.alloc(4 + 16);
  bytes.writeUInt32BE(3, 0);
  bytes.writeUInt32BE(OPTION_MAGIC[0], 4);
  bytes.writeUInt32BE(OPTION_MAGIC[1], 8);
  bytes.writeUInt32BE(OPTION.EXPORT_NAME, 12);
  return bytes;
}

interface Piece {
  readonly slot: number;
  readonly slab: Buffer;
  offset: number;
  length: number;
}

async function move({ paths: [from = '', to = ''], taken }: Shared): Promise<void> {
  const [source, target] = await Promise.all([open(from), open(to)]);
  const done = Promise.withResolvers<void>();
  let working = PIECES_UNDER_WAY;
  const pieces = Array.from({ length: working }, (_, slot): Piece => newPiece(slot));
  const next = (piece: Piece): void => {
    piece.offset = Atomics.add(taken, 0, 1) * PIECE_BYTES;
    piece.length = Math.min(PIECE_BYTES, source.sizeBytes - piece.offset);
    if (piece.length > 0) source.socket.write(header(piece, COMMAND.READ));
    else if ((working -= 1) === 0) done.resolve();
  };
  receive(source, { pieces, hasData: true }, (piece) => {
    target.socket.cork();
    target.socket.write(header(piece, COMMAND.WRITE));
    target.socket.write(piece.slab.subarray(0, piece.length));
    target.socket.uncork();
  });
  receive(target, { pieces, hasData: false }, next);
  pieces.forEach(next);
  await done.promise;
  source.socket.destroy();
  target.socket.destroy();
}

const newPiece = (slot: number): Piece => ({ slot, slab: Buffer.allocUnsafeSlow(PIECE_BYTES), offset: 0, length: 0 });

const header = ({ slot, offset, length }: Piece, command: 0 | 1): Buffer =>
  encodeRequest({ slot, generation: 0, offset, length, command });

/** Simple replies, one after the other; `onReply` has the piece, filled where replies have data. */
function receive(
  wire: Wire,
  { pieces, hasData }: { pieces: readonly Piece[]; hasData: boolean },
  onReply: (piece: Piece) => void,
): void {
  const { reply } = wire;
  let got = 0;
  let piece: Piece | undefined;
  wire.room = () => (piece === undefined ? reply.subarray(got) : piece.slab.subarray(got, piece.length));
  wire.came = (bytes) => {
    got += bytes;
    if (got < (piece === undefined ? reply.length : piece.length)) return;
    got = 0;
    let full = piece;
    piece = undefined;
    if (full === undefined) {
      if (reply.readUInt32BE(0) !== SIMPLE_REPLY_MAGIC || reply.readUInt32BE(4) !== 0) throw new Error('no good reply');
      full = pieces[reply.readUInt32BE(8)];
      if (full === undefined) throw new Error('a reply to nothing');
      if (hasData) {
        piece = full;
        return;
      }
    }
    onReply(full);
  };
}

if (isMainThread) {
  const paths = process.argv.slice(2, 4).map((uri) => new URL(uri).searchParams.get('socket') ?? '');
  const shared: Shared = { paths, taken: new Int32Array(new SharedArrayBuffer(4)) };
  const others = Array.from(
    { length: THREADS - 1 },
    () => new Worker(new URL(import.meta.url), { workerData: shared }),
  );
  const ended = others.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
  await move(shared);
  await Promise.all(ended);
} else {
  await move(workerData as Shared);
}
