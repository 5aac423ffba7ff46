import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { KiB } from '../../../src/base/units.ts';
import { hashesFrom, type HashCall, type HashRecord } from '../../../src/hashes/client.ts';
import type { HashLine } from '../../../src/hashes/contract.ts';

const BLOCK = 64 * KiB;
const END = 3 * BLOCK + 100;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** What one request is answered with: a status and a body, or lines and how they end. */
type Answer =
  { status: number; body: object } | { lines: (HashLine | object | string)[]; end: 'ends' | 'breaks' | 'stays' };

/** Answers the requests in turn; the last answer is given again and again. */
async function farSide(answers: Answer[]): Promise<{ call: HashCall; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((req, res) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(new URL(req.url ?? '', 'http://x').searchParams.get('offset') ?? '');
    if (answer === undefined) return;
    if ('status' in answer) {
      res.writeHead(answer.status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(answer.body));
      return;
    }
    res.writeHead(200, { 'content-type': 'application/x-ndjson' });
    const text = answer.lines.map((line) => (typeof line === 'string' ? line : `${JSON.stringify(line)}\n`)).join('');
    if (answer.end === 'ends') res.end(text);
    else res.write(text, () => answer.end === 'breaks' && res.destroy());
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const peer = { name: 'far', url: `http://127.0.0.1:${port}`, token: 'secret' };
  const range = { offset: 0, length: END, blockBytes: BLOCK };
  return { asked, call: { peer, path: '/hashes', query: { epoch: '1' }, range, outageMs: 300 } };
}

const begin = (offset = 0): HashLine => ({
  kind: 'begin',
  algorithm: 'xxh64',
  block_bytes: BLOCK,
  offset,
  length: END - offset,
});
const data = (index: number, letter = 'a'): HashLine => ({
  kind: 'data',
  offset: index * BLOCK,
  length: Math.min(BLOCK, END - index * BLOCK),
  hash: letter.repeat(16),
});
const zero = (index: number, count: number): HashLine => ({
  kind: 'zero',
  offset: index * BLOCK,
  length: count * BLOCK,
});
const end: HashLine = { kind: 'end', offset: END };
const hashed = { kind: 'data', hash: 'a'.repeat(16) };
const whole = [begin(), data(0), zero(1, 2), data(3, 'b'), end];
const records = [data(0), zero(1, 2), data(3, 'b')];

async function all(call: HashCall, into: HashRecord[] = []): Promise<HashRecord[]> {
  for await (const record of hashesFrom(call)) into.push(record);
  return into;
}

describe('hashes from a far side', () => {
  test('are its records, without the signs of life between them', async () => {
    const { call } = await farSide([
      { lines: [begin(), '\n', data(0), '\n\n', zero(1, 2), data(3, 'b'), end], end: 'ends' },
    ]);
    expect(await all(call)).toEqual(records);
  });

  test.each<[string, Answer]>([
    ['broke off', { lines: [begin(), data(0), zero(1, 1)], end: 'breaks' }],
    ['broke off within a line', { lines: [begin(), data(0), zero(1, 1), '{"kind":"data","off'], end: 'breaks' }],
    ['ended before the end', { lines: [begin(), data(0), zero(1, 1)], end: 'ends' }],
    ['ended with a passing error', { lines: [begin(), data(0), zero(1, 1), problem('nbd.stalled', 503)], end: 'ends' }],
  ])('go on where the connection %s', async (_how, first) => {
    const rest: Answer = { lines: [begin(2 * BLOCK), zero(2, 1), data(3, 'b'), end], end: 'ends' };
    const { call, asked } = await farSide([first, problemAnswer('vma.starting', 503), rest]);
    expect(await all(call)).toEqual([data(0), zero(1, 1), zero(2, 1), data(3, 'b')]);
    expect(asked).toEqual(['0', String(2 * BLOCK), String(2 * BLOCK)]);
  });

  test('are not complete before the far side says so: the last of them is asked for again', async () => {
    const cutBeforeEnd: Answer = { lines: whole.slice(0, -1), end: 'breaks' };
    const refusal: Answer = { lines: [begin(3 * BLOCK), data(3, 'b'), problem('session.unknown', 404)], end: 'ends' };
    const answered = await farSide([cutBeforeEnd, { lines: [begin(3 * BLOCK), data(3, 'b'), end], end: 'ends' }]);
    expect(await all(answered.call)).toEqual(records);
    expect(answered.asked).toEqual(['0', String(3 * BLOCK)]);
    const refused = await farSide([cutBeforeEnd, refusal]);
    await expect(all(refused.call)).rejects.toMatchObject({ code: 'session.unknown' });
  });

  test.each<[string, Answer, string]>([
    ['always ends too early', { lines: [begin()], end: 'ends' }, 'far.cut-off'],
    ['always breaks off', { lines: [begin()], end: 'breaks' }, 'far.unreachable'],
    ['is never well', problemAnswer('nbd.stalled', 503), 'nbd.stalled'],
  ])('are given up after a while when it %s', async (_what, answer, code) => {
    const { call, asked } = await farSide([answer]);
    await expect(all(call)).rejects.toMatchObject({ code });
    expect(asked.length).toBeGreaterThan(1);
  });

  test.each<[string, Answer, string]>([
    ['refuses', problemAnswer('session.stale-epoch', 409), 'session.stale-epoch'],
    [
      'refuses in the middle',
      { lines: [begin(), data(0), problem('session.unknown', 404)], end: 'ends' },
      'session.unknown',
    ],
    ['sends something else', { lines: ['hello\n'], end: 'ends' }, 'far.bad-answer'],
    ['begins elsewhere', { lines: [begin(BLOCK)], end: 'ends' }, 'far.hashes-invalid'],
    ['hashes otherwise', { lines: [{ ...begin(), algorithm: 'md5' }], end: 'ends' }, 'far.hashes-invalid'],
    ['has other blocks', { lines: [{ ...begin(), block_bytes: 2 * BLOCK }], end: 'ends' }, 'far.hashes-invalid'],
    ['does not begin', { lines: [data(0)], end: 'ends' }, 'far.hashes-invalid'],
    ['leaves out a block', { lines: [begin(), data(0), data(2)], end: 'ends' }, 'far.hashes-invalid'],
    ['says a block twice', { lines: [begin(), data(0), data(0)], end: 'ends' }, 'far.hashes-invalid'],
    ['cuts a block', { lines: [begin(), { ...data(0), length: 5 }], end: 'ends' }, 'far.hashes-invalid'],
    [
      'has one hash for two blocks',
      { lines: [begin(), { ...zero(0, 2), ...hashed }], end: 'ends' },
      'far.hashes-invalid',
    ],
    ['goes on after the end', { lines: [begin(), zero(0, 4)], end: 'ends' }, 'far.hashes-invalid'],
    ['says too early that it is complete', { lines: [begin(), data(0), end], end: 'ends' }, 'far.hashes-invalid'],
    ['never ends a line', { lines: ['{'.padEnd(100_000)], end: 'stays' }, 'far.bad-answer'],
  ])('are refused at once when it %s', async (_what, answer, code) => {
    const { call, asked } = await farSide([answer]);
    await expect(all(call)).rejects.toMatchObject({ code });
    expect(asked).toEqual(['0']);
  });

  test('wait for a place where all are taken', async () => {
    const busy = problemAnswer('hashes.busy', 503);
    const { call, asked } = await farSide([busy, busy, { lines: whole, end: 'ends' }]);
    expect(await all({ ...call, outageMs: 1 })).toEqual(records);
    expect(asked).toEqual(['0', '0', '0']);
  });

  test('end with the reason of the signal, also while nothing comes', async () => {
    const { call } = await farSide([{ lines: [begin(), data(0)], end: 'stays' }]);
    const stop = new AbortController();
    const stream = hashesFrom({ ...call, signal: stop.signal });
    await stream.next();
    const next = stream.next();
    stop.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });
});

function problem(code: string, status: number): object {
  return { problem: { status, code, detail: 'because' } };
}

function problemAnswer(code: string, status: number): Answer {
  return { status, body: { status, code, detail: 'because' } };
}
