import { notFound, precondition, upstream, type AppError } from '../../base/errors.ts';
import {
  BASE_ALLOCATION,
  DIRTY_BITMAP_PREFIX,
  HANDSHAKE_FLAG,
  INIT_MAGIC,
  OLDSTYLE_MAGIC,
  OPTION,
  OPTION_MAGIC,
  REPLY,
  REPLY_ERROR,
  REPLY_ERROR_BIT,
} from './constants.ts';
import { exportInfo, type Agreed, type BlockSizes, type ExportInfo } from './export-info.ts';
import {
  encodeExportName,
  encodeGo,
  encodeOption,
  encodeSetMetaContext,
  OPTION_REPLY_HEADER_BYTES,
  parseInfo,
  parseMetaContext,
  parseOptionReply,
} from './options.ts';
import { hasMagic, protocolError, readUint64 } from './wire.ts';

/**
 * The newstyle handshake as a dialogue without a socket: each step says what to send and how many bytes it must be given
 * next. Order: STARTTLS, STRUCTURED_REPLY, SET_META_CONTEXT, GO; EXPORT_NAME where the server does not know GO. TLS comes
 * first because it voids what was agreed before it.
 *
 * Errors: nbd.export-not-found, nbd.bitmap-not-found, nbd.refused, nbd.tls-required, nbd.tls-refused, nbd.oldstyle-server, nbd.export-too-large, nbd.protocol.
 * Source: NBD proto.md, "Newstyle negotiation".
 */
export interface HandshakeStep {
  readonly send?: Buffer | undefined;
  /** At least 1 unless the dialogue is over. */
  readonly receiveBytes: number;
  /** Not one more byte in the clear: the next step is asked for when TLS is up. */
  readonly startsTls?: boolean;
}
export type Handshake = Generator<HandshakeStep, ExportInfo, Buffer>;

export interface HandshakeOptions {
  readonly exportName: string;
  /** Ask for base:allocation, so that BLOCK_STATUS works. */
  readonly wantExtents: boolean;
  /** TLS or nothing. */
  readonly wantTls: boolean;
  /** A dirty bitmap of qemu that must be there. */
  readonly bitmap?: string | undefined;
}

const NO_BYTES = Buffer.alloc(0);

export function* handshake(options: HandshakeOptions): Handshake {
  const greeting = yield { receiveBytes: 18 };
  const offered = parseGreeting(greeting);
  const flags = offered & (HANDSHAKE_FLAG.FIXED_NEWSTYLE | HANDSHAKE_FLAG.NO_ZEROES);
  const clientFlags = Buffer.alloc(4);
  clientFlags.writeUInt32BE(flags, 0);
  // Without "fixed newstyle" the only option that a server must understand is EXPORT_NAME.
  const isFixed = (flags & HANDSHAKE_FLAG.FIXED_NEWSTYLE) !== 0;
  if (!isFixed && options.wantTls) throw tlsRefused('it speaks an old style of the protocol');
  if (!isFixed) return yield* exportByName(options, { flags, first: clientFlags });

  if (options.wantTls) yield* startTls(clientFlags);
  const hasStructured = yield* askStructured(options.wantTls ? NO_BYTES : clientFlags);
  const contexts = hasStructured ? yield* askContexts(options) : NO_CONTEXTS;
  const info = yield* go(options.exportName);
  if (info === undefined) return yield* exportByName(options, { flags, hasStructured, ...contexts });
  return checkedInfo(options, { ...info, hasStructured, ...contexts });
}

/** Of a server with an export, but without its bitmap, the bitmap is what is missing. */
function checkedInfo({ exportName, bitmap }: HandshakeOptions, agreed: Agreed): ExportInfo {
  const info = exportInfo(agreed);
  if (bitmap === undefined || info.bitmapContextId !== undefined) return info;
  throw notFound(
    'nbd.bitmap-not-found',
    `the NBD server has no dirty bitmap "${bitmap}" of the export "${exportName}"`,
    {
      hint: 'only qemu offers dirty bitmaps, and only those that it was told to: qemu-nbd --bitmap=NAME',
      details: { exportName, bitmap },
    },
  );
}

function parseGreeting(greeting: Buffer): number {
  if (!hasMagic(greeting, INIT_MAGIC)) throw protocolError('the greeting is not that of an NBD server');
  if (hasMagic(greeting, OLDSTYLE_MAGIC, 8)) {
    throw precondition('nbd.oldstyle-server', 'the NBD server speaks only the old style of the protocol', {
      hint: 'start the server without its old-style option',
    });
  }
  if (!hasMagic(greeting, OPTION_MAGIC, 8)) throw protocolError('unknown style in the greeting');
  return greeting.readUInt16BE(16);
}

/** A server that refuses may be one that somebody put before the real one: there is no going on in the clear. */
function* startTls(first: Buffer): Generator<HandshakeStep, void, Buffer> {
  const reply = yield* answer(OPTION.STARTTLS, Buffer.concat([first, encodeOption(OPTION.STARTTLS)]));
  if (reply.type === REPLY_ERROR.SHUTDOWN) throw refusal(reply, '');
  if (isError(reply)) throw tlsRefused(reply.payload.toString('utf8').trim());
  if (reply.type !== REPLY.ACK || reply.payload.length > 0) throw protocolError(`reply ${reply.type} to STARTTLS`);
  yield { receiveBytes: 0, startsTls: true };
}

function tlsRefused(because: string): AppError {
  return precondition('nbd.tls-refused', `the NBD server does not speak TLS${because === '' ? '' : `: ${because}`}`, {
    hint: 'start it with TLS; if it speaks TLS, somebody between here and there keeps it from being used',
  });
}

function* askStructured(first: Buffer): Generator<HandshakeStep, boolean, Buffer> {
  const send = Buffer.concat([first, encodeOption(OPTION.STRUCTURED_REPLY)]);
  const reply = yield* answer(OPTION.STRUCTURED_REPLY, send);
  if (reply.type === REPLY.ACK) return true;
  if (reply.type === REPLY_ERROR.TLS_REQD) throw refusal(reply, '');
  if (isError(reply)) return false;
  throw protocolError(`reply ${reply.type} to STRUCTURED_REPLY`);
}

type Contexts = Pick<ExportInfo, 'contextId' | 'bitmapContextId'>;
const NO_CONTEXTS: Contexts = { contextId: undefined, bitmapContextId: undefined };

/** Those that the server has. A missing base:allocation costs speed only. */
function* askContexts(options: HandshakeOptions): Generator<HandshakeStep, Contexts, Buffer> {
  const { exportName, wantExtents, bitmap } = options;
  const dirty = bitmap === undefined ? undefined : DIRTY_BITMAP_PREFIX + bitmap;
  const wanted = [...(wantExtents ? [BASE_ALLOCATION] : []), ...(dirty === undefined ? [] : [dirty])];
  if (wanted.length === 0) return NO_CONTEXTS;
  const ids = new Map<string, number>();
  let reply = yield* answer(OPTION.SET_META_CONTEXT, encodeSetMetaContext(exportName, wanted));
  for (let replies = 1; reply.type === REPLY.META_CONTEXT; replies += 1) {
    if (replies > REPLIES_MAX) throw protocolError('endless metadata contexts');
    const { name, id } = parseMetaContext(reply.payload);
    ids.set(name, id);
    reply = yield* answer(OPTION.SET_META_CONTEXT, undefined);
  }
  if (isError(reply)) return NO_CONTEXTS;
  if (reply.type !== REPLY.ACK) throw protocolError(`reply ${reply.type} to SET_META_CONTEXT`);
  return { contextId: ids.get(BASE_ALLOCATION), bitmapContextId: dirty === undefined ? undefined : ids.get(dirty) };
}

interface GoInfo {
  readonly sizeBytes: number | undefined;
  readonly flags: number;
  readonly blockSizes: BlockSizes | undefined;
}

/** Undefined when the server does not know GO. */
function* go(exportName: string): Generator<HandshakeStep, GoInfo | undefined, Buffer> {
  let export_: { sizeBytes: number | undefined; flags: number } | undefined;
  let blockSizes: BlockSizes | undefined;
  let reply = yield* answer(OPTION.GO, encodeGo(exportName));
  for (let replies = 1; reply.type === REPLY.INFO; replies += 1) {
    if (replies > REPLIES_MAX) throw protocolError('endless information about an export');
    const info = parseInfo(reply.payload);
    if (info.type === 'export') export_ = info;
    if (info.type === 'block-size') blockSizes = info;
    reply = yield* answer(OPTION.GO, undefined);
  }
  if (reply.type === REPLY_ERROR.UNSUP) return undefined;
  if (isError(reply)) throw refusal(reply, exportName);
  if (reply.type !== REPLY.ACK) throw protocolError(`reply ${reply.type} to GO`);
  if (export_ === undefined) throw protocolError('an export without a size');
  return { ...export_, blockSizes };
}

interface ByName extends Partial<Contexts> {
  readonly flags: number;
  readonly first?: Buffer;
  readonly hasStructured?: boolean;
}

/** EXPORT_NAME has no error reply: a server that does not know the name just hangs up. */
function* exportByName(options: HandshakeOptions, by: ByName): Handshake {
  const send = Buffer.concat([by.first ?? NO_BYTES, encodeExportName(options.exportName)]);
  const padding = (by.flags & HANDSHAKE_FLAG.NO_ZEROES) === 0 ? 124 : 0;
  const reply = yield { send, receiveBytes: 10 + padding };
  return checkedInfo(options, {
    sizeBytes: readUint64(reply, 0),
    flags: reply.readUInt16BE(8),
    blockSizes: undefined,
    hasStructured: by.hasStructured ?? false,
    contextId: by.contextId,
    bitmapContextId: by.bitmapContextId,
  });
}

/** More replies to one option than any server sends. */
const REPLIES_MAX = 64;

interface OptionReply {
  readonly type: number;
  readonly payload: Buffer;
}

function* answer(option: number, send: Buffer | undefined): Generator<HandshakeStep, OptionReply, Buffer> {
  const header = yield { send, receiveBytes: OPTION_REPLY_HEADER_BYTES };
  const { type, payloadBytes } = parseOptionReply(header, option);
  const payload = payloadBytes === 0 ? NO_BYTES : yield { receiveBytes: payloadBytes };
  return { type, payload };
}

const isError = (reply: OptionReply): boolean => reply.type >= REPLY_ERROR_BIT;

function refusal(reply: OptionReply, exportName: string): AppError {
  const said = reply.payload.toString('utf8').trim();
  const fields = { details: { exportName, reply: reply.type, said } };
  const because = said === '' ? '' : `: ${said}`;
  switch (reply.type) {
    case REPLY_ERROR.UNKNOWN:
      return notFound('nbd.export-not-found', `the NBD server has no export "${exportName}"${because}`, {
        ...fields,
        hint: 'check the export name at the end of the URI',
      });
    case REPLY_ERROR.TLS_REQD:
      return precondition('nbd.tls-required', `the NBD server insists on TLS${because}`, {
        ...fields,
        hint: 'write nbds:// or nbds+unix:// and name the folder of the certificates (tls-certificates=DIR)',
      });
    case REPLY_ERROR.SHUTDOWN:
      return upstream('nbd.shutting-down', `the NBD server is shutting down${because}`, fields);
    case REPLY_ERROR.POLICY:
    case REPLY_ERROR.INVALID:
    case REPLY_ERROR.BLOCK_SIZE_REQD:
    default:
      return upstream('nbd.refused', `the NBD server refused the export "${exportName}"${because}`, fields);
  }
}
