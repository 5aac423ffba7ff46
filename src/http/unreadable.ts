import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { invalidRequest, type AppError } from '../base/errors.ts';
import { httpLog } from '../base/logger.ts';
import { PROBLEM_TYPE, toProblem } from './problem.ts';

/**
 * Requests that Node's parser refuses never reach Express: they are answered here, as problem documents too, and their
 * connection is closed. Codes: `request.headers-too-large` (431), `request.timeout` (408), `request.too-large` (413,
 * chunk extensions), `request.malformed` (400). Source of the parser's codes: Node.js API, "Event: 'clientError'".
 */
export function refuseUnreadable(server: Server): void {
  const answers = new WeakMap<Socket, ServerResponse>();
  server.on('request', (req, res) => answers.set(req.socket, res));
  server.on('clientError', (error: Error & { code?: string }, socket: Socket) => {
    // Whoever is gone hears nothing; and an answer that has begun must not be followed by another one in its middle.
    const answer = answers.get(socket);
    const isAnswering = answer !== undefined && answer.headersSent && !answer.writableFinished;
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswering) {
      socket.destroy(error);
      return;
    }
    const problem = toProblem(refusalOf(error), { path: '', requestId: randomUUID() });
    httpLog.debug({ requestId: problem.request_id, code: problem.code, reason: error.code }, 'request refused');
    socket.end(rawAnswer(problem.status, problem.request_id, JSON.stringify(problem)), () => socket.destroy());
  });
}

const HEADERS_TOO_LARGE = invalidRequest('request.headers-too-large', 'the headers of the request are too long', {
  details: { status: 431 },
  hint: 'send fewer and shorter headers and cookies',
});
const TOO_LARGE = invalidRequest('request.too-large', 'a chunk of the request has too long extensions', {
  details: { status: 413 },
  hint: 'send the body without chunk extensions',
});
const TOO_SLOW = invalidRequest('request.timeout', 'the request did not arrive in time', {
  details: { status: 408 },
  hint: 'send it again, and all of it at once',
});
const MALFORMED = invalidRequest('request.malformed', 'the request is not HTTP/1.1', {
  hint: 'check the address: this server speaks plain HTTP',
});

const BY_CODE: Readonly<Record<string, AppError>> = {
  HPE_HEADER_OVERFLOW: HEADERS_TOO_LARGE,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: TOO_LARGE,
  ERR_HTTP_REQUEST_TIMEOUT: TOO_SLOW,
};

const refusalOf = (error: { readonly code?: string }): AppError => BY_CODE[error.code ?? ''] ?? MALFORMED;

function rawAnswer(status: number, requestId: string, body: string): string {
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `content-type: ${PROBLEM_TYPE}; charset=utf-8`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'x-content-type-options: nosniff',
    'cache-control: no-store',
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
