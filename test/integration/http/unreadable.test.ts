import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { apiLog, setLogLevel } from '../../../src/base/logger.ts';
import { bareApp, endWithProblems, listen, onlyJsonBody, type RunningServer } from '../../../src/http/server.ts';

setLogLevel('silent');

const server: { running?: RunningServer } = {};
beforeAll(async () => {
  const app = bareApp();
  app.get('/', (_req, res) => {
    res.json({ ok: true });
  });
  app.post('/', onlyJsonBody, (req, res) => {
    res.json(req.body);
  });
  app.get('/begun', (_req, res) => {
    res.write('begun');
  });
  endWithProblems(app, apiLog);
  const limits = { requestTimeoutMs: 800, headersTimeoutMs: 400 };
  server.running = await listen(app, { host: '127.0.0.1', port: 0 }, limits);
});
afterAll(async () => {
  await server.running?.close(0);
});

/** Sends these bytes and returns all that comes back until the server closes. */
async function send(...parts: readonly string[]): Promise<string> {
  const socket = connect(server.running?.port ?? 0, '127.0.0.1');
  socket.on('error', () => undefined);
  for (const part of parts) socket.write(part);
  try {
    return await text(socket);
  } finally {
    socket.destroy();
  }
}

function parsed(answer: string): { status: number; headers: Headers; problem: Record<string, unknown> } {
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Headers(
    lines.map((line): [string, string] => [line.split(':', 1)[0] ?? '', line.replace(/^[^:]*:/, '')]),
  );
  return {
    status: Number(first.split(' ')[1]),
    headers,
    problem: JSON.parse(body) as Record<string, unknown>,
  };
}

test.each([
  [
    'headers beyond 16 KiB',
    `GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(17 * 1024)}\r\n\r\n`,
    431,
    'headers-too-large',
  ],
  ['an address beyond 16 KiB', `GET /${'a'.repeat(17 * 1024)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431, 'headers-too-large'],
  ['something that is not HTTP', 'hello\r\n\r\n', 400, 'malformed'],
  ['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 400, 'malformed'],
  ['headers that do not end', 'GET / HTTP/1.1\r\nhost: x\r\n', 408, 'timeout'],
  [
    'a body that does not end',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
    408,
    'timeout',
  ],
  [
    'chunk extensions without an end',
    `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n2;${'a'.repeat(20 * 1024)}`,
    413,
    'too-large',
  ],
] as const)('%s: a problem document, and the connection is closed', async (...[, bytes, status, what]) => {
  const answer = parsed(await send(bytes));

  expect(answer).toMatchObject({ status, problem: { status, code: `request.${what}`, hint: expect.any(String) } });
  expect(answer.headers.get('content-type')).toMatch(/^ ?application\/problem\+json/);
  expect(answer.headers.get('x-request-id')?.trim()).toBe(answer.problem['request_id']);
  expect(answer.headers.get('connection')?.trim()).toBe('close');
});

test('headers of 15 KiB are read', async () => {
  const reply = await fetch(server.running?.url ?? '', { headers: { 'x-long': 'a'.repeat(15 * 1024) } });
  expect(reply.status).toBe(200);
});

test('an answer that has begun is cut, not followed by another', async () => {
  const answer = await send('GET /begun HTTP/1.1\r\nhost: x\r\n\r\n', 'nonsense\r\n\r\n');
  expect(answer).not.toContain('problem');
});

test('a second request of the connection that cannot be read is told so', async () => {
  const socket = connect(server.running?.port ?? 0, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(socket, 'readable');
  socket.write('nonsense\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1.1 200 [^]*HTTP\/1.1 400 [^]*request.malformed/);
});

test('a request without a host is refused', async () => {
  const answer = await send('GET / HTTP/1.1\r\nconnection: close\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1.1 400 [^]*request.malformed/);
  expect(await send('GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /);
});
