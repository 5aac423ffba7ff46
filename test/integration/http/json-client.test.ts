import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { conflict } from '../../../src/base/errors.ts';
import { apiLog, setLogLevel } from '../../../src/base/logger.ts';
import { requireSharedSecret } from '../../../src/http/bearer.ts';
import { requestJson, type Peer } from '../../../src/http/json-client.ts';
import { endWithProblems, listen, newApp, parseRequest, type RunningServer } from '../../../src/http/server.ts';

const secret = 'a-shared-secret-of-the-test';
let server: RunningServer;

const peer = (changes: Partial<Peer> = {}): Peer => ({ name: 'peer', url: server.url, token: secret, ...changes });
const get = (path: string, answer: z.ZodType = z.unknown()) => ({
  method: 'GET' as const,
  path,
  answer,
  deadlineMs: 5_000,
});

beforeAll(async () => {
  setLogLevel('silent');
  const app = newApp();
  app.use(requireSharedSecret(secret));
  app.get('/ok', (_req, res) => void res.json({ n: 1 }));
  app.get('/text', (_req, res) => void res.send('<html>'));
  app.get('/conflict', () => {
    throw conflict('thing.busy', 'the thing is busy', { hint: 'wait' });
  });
  app.get('/crash', () => {
    throw new Error('secret inside');
  });
  app.post('/echo', (req, res) => void res.json(parseRequest(z.object({ a: z.int() }), req.body)));
  endWithProblems(app, apiLog);
  server = await listen(app, { host: '127.0.0.1', port: 0 });
});

afterAll(() => server.close());

describe('a request between our servers', () => {
  test('gives the answer when it fits its schema', async () => {
    await expect(requestJson(peer(), get('/ok', z.object({ n: z.int() })))).resolves.toEqual({ n: 1 });
  });

  test.each([
    ['/conflict', { kind: 'conflict', code: 'thing.busy', hint: 'wait' }],
    ['/text', { kind: 'upstream', code: 'peer.bad-answer' }],
    ['/crash', { kind: 'upstream', code: 'internal' }],
    ['/nowhere', { kind: 'not-found', code: 'route.unknown' }],
  ])('%s becomes an error that says what to do', async (path, expected) => {
    await expect(requestJson(peer(), get(path))).rejects.toMatchObject(expected);
  });

  test('refuses an answer of another shape', async () => {
    await expect(requestJson(peer(), get('/ok', z.object({ n: z.string() })))).rejects.toMatchObject({
      code: 'peer.bad-answer',
    });
  });

  test('is refused without the secret, and with a wrong one', async () => {
    await expect(requestJson(peer({ token: undefined }), get('/ok'))).rejects.toMatchObject({
      code: 'peer.token-refused',
    });
    await expect(requestJson(peer({ token: 'wrong' }), get('/ok'))).rejects.toMatchObject({
      code: 'peer.token-refused',
    });
  });

  test('names the bad field of its body', async () => {
    const request = { ...get('/echo'), method: 'POST' as const, body: { a: 'x' } };

    await expect(requestJson(peer(), request)).rejects.toMatchObject({
      kind: 'invalid-request',
      code: 'request.invalid',
    });
  });

  test('ends at its deadline when the peer accepts and never answers', async () => {
    const mute = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => mute.once('listening', resolve));
    const url = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`;

    await expect(requestJson(peer({ url }), { ...get('/ok'), deadlineMs: 50 })).rejects.toMatchObject({
      code: 'peer.unreachable',
    });
    mute.close();
  });

  test('passes on the reason when its caller gives up', async () => {
    const reason = new Error('given up');

    await expect(requestJson(peer(), { ...get('/ok'), signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
