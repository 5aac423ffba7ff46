import { AppError, invalidRequest, precondition, upstream } from '../base/errors.ts';
import { COMMAND, ERRNO, type Command } from './protocol/constants.ts';
import type { ErrorChunk } from './protocol/replies.ts';

/** What the server said about one request, as an AppError: the only table of NBD error numbers. */

export interface RequestPlace {
  readonly device: string;
  readonly command: Command;
  readonly offset: number;
  readonly length: number;
}

const NAME_OF: Readonly<Record<Command, string>> = {
  [COMMAND.READ]: 'read',
  [COMMAND.WRITE]: 'write',
  [COMMAND.DISC]: 'disconnect',
  [COMMAND.FLUSH]: 'flush',
  [COMMAND.WRITE_ZEROES]: 'write of zeros',
  [COMMAND.BLOCK_STATUS]: 'block status',
};

interface Row {
  readonly name: string;
  readonly code: string;
  readonly make: typeof upstream;
  readonly hint?: string;
}

const ROWS: Readonly<Record<number, Row>> = {
  [ERRNO.EPERM]: {
    name: 'EPERM',
    code: 'nbd.not-permitted',
    make: precondition,
    hint: 'the server forbids this on the export',
  },
  [ERRNO.EIO]: {
    name: 'EIO',
    code: 'nbd.io-error',
    make: upstream,
    hint: "see the server's log and the disk behind it",
  },
  [ERRNO.ENOMEM]: { name: 'ENOMEM', code: 'nbd.out-of-memory', make: upstream },
  [ERRNO.EINVAL]: { name: 'EINVAL', code: 'nbd.invalid-request', make: precondition },
  [ERRNO.ENOSPC]: { name: 'ENOSPC', code: 'nbd.no-space', make: precondition, hint: 'free space behind the export' },
  [ERRNO.EOVERFLOW]: { name: 'EOVERFLOW', code: 'nbd.invalid-request', make: precondition },
  [ERRNO.ENOTSUP]: { name: 'ENOTSUP', code: 'nbd.not-supported', make: precondition },
  [ERRNO.ESHUTDOWN]: { name: 'ESHUTDOWN', code: 'nbd.shutting-down', make: upstream },
};

/** Numbers outside the table mean EINVAL. Source: NBD proto.md, "Error values". */
export function requestError(error: ErrorChunk, place: RequestPlace): AppError {
  const row = ROWS[error.errno] ?? { name: `error ${error.errno}`, code: 'nbd.invalid-request', make: precondition };
  const { device, offset, length, command } = place;
  const where = command === COMMAND.FLUSH ? '' : ` of ${length} bytes at offset ${offset}`;
  const said = error.message === '' ? '' : ` (${error.message})`;
  return row.make(row.code, `${NAME_OF[command]}${where} failed on ${device}: ${row.name}${said}`, {
    hint: row.hint,
    details: { device, command: NAME_OF[command], offset, length, errno: error.errno, said: error.message },
  });
}

/** The codec knows bytes, not exports: the error of a connection says whose it is. */
export function onDevice(error: AppError, device: string): AppError {
  if (error.details['device'] !== undefined) return error;
  return retold(error, `${error.message}, on ${device}`, { device });
}

/** What ended a connection ended this request too, and whoever asked for it wants to know which that was. */
export function inRequest(error: AppError, place: Omit<RequestPlace, 'device'>): AppError {
  if (!isConnectionLost(error) || error.details['offset'] !== undefined) return error;
  const { offset, length, command } = place;
  const where = command === COMMAND.FLUSH ? '' : ` of ${length} bytes at offset ${offset}`;
  return retold(error, `${NAME_OF[command]}${where} failed: ${error.message}`, {
    command: NAME_OF[command],
    offset,
    length,
  });
}

function retold(error: AppError, message: string, details: Readonly<Record<string, unknown>>): AppError {
  const { kind, code, hint, retry, cause } = error;
  return new AppError(kind, [code, message], { hint, retry, cause, details: { ...error.details, ...details } });
}

/** The same request may succeed on the same connection a moment later. */
export function mayRepeat(error: unknown): boolean {
  return error instanceof AppError && ['nbd.io-error', 'nbd.out-of-memory'].includes(error.code);
}

const LOST = ['nbd.connection-lost', 'nbd.stalled', 'nbd.protocol', 'nbd.shutting-down'];

/** The connection is of no more use; another one may be. */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof AppError && LOST.includes(error.code);
}

/** The server does not do this request, but may do it in another way. */
export function isUnsupported(error: unknown): boolean {
  return error instanceof AppError && ['nbd.invalid-request', 'nbd.not-supported'].includes(error.code);
}

export function connectionLost(device: string, cause?: unknown): AppError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return upstream('nbd.connection-lost', `the connection to ${device} was lost${why}`, { cause, details: { device } });
}

/**
 * An export that was there is not: a server that is started anew listens before it has its exports again, and one that
 * was closed for good is opened anew by another attempt. For somebody who never had it, it is a wrong name.
 */
export function exportGone(device: string, unknown: AppError): AppError {
  return upstream('nbd.export-gone', `${device} was served and is not any more`, {
    cause: unknown,
    hint: 'its server was started anew without it, or somebody closed it',
    details: { device },
  });
}

export function stalled(device: string, silentMs: number): AppError {
  return upstream('nbd.stalled', `${device} answered nothing for ${Math.round(silentMs / 1000)} s`, {
    hint: 'check the server, its disk and the network between',
    details: { device, silentMs: Math.round(silentMs) },
  });
}

/** A later attempt to connect may succeed: the server is down, starting, full or shutting down. */
export function isPassing(error: unknown): boolean {
  return error instanceof AppError && error.kind === 'upstream' && error.code !== 'nbd.protocol';
}

export function invalidUri(text: string, why: string): AppError {
  const shown = text.replace(/\/\/[^/@]*@/, '//');
  return invalidRequest('nbd.invalid-uri', `not a usable NBD URI: ${shown}: ${why}`, {
    hint: 'examples: nbd://host:10809/export, nbd+unix:///export?socket=/run/nbd.sock',
  });
}
