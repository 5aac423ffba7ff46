import { describe, expect, test } from '@jest/globals';
import type { Request } from 'express';
import { assertCurrent, etagOf, tagged } from '../../../src/api/etag.ts';

/** As much of a request as tags depend on. */
function request(method: string, headers: Record<string, string> = {}): Request {
  const found: Pick<Request, 'method' | 'get'> = {
    method,
    get: ((name: string) => headers[name]) as Request['get'],
  };
  return found as Request;
}

const state = { job_id: 'job-1', progress_percent: 49.31 };
const tag = etagOf(state);

describe('a tag', () => {
  test('is strong, quoted, and the same for the same answer', () => {
    expect(tag).toMatch(/^"[A-Za-z0-9_-]{22}"$/);
    expect(etagOf({ ...state })).toBe(tag);
  });

  test('differs for answers that differ in one digit', () => {
    expect(etagOf({ ...state, progress_percent: 49.32 })).not.toBe(tag);
  });
});

describe('a read', () => {
  test('gets the answer and its tag, and may be kept but not used unasked', () => {
    expect(tagged(request('GET'), state)).toEqual({
      status: 200,
      body: state,
      headers: { etag: tag, 'cache-control': 'private, no-cache' },
    });
  });

  test.each([tag, `W/${tag}`, `"other", ${tag}`, '*'])('of a client that has the state (%s) gets 304', (header) => {
    const answer = tagged(request('GET', { 'if-none-match': header }), state);
    expect(answer).toEqual({ status: 304, headers: expect.objectContaining({ etag: tag }) });
  });

  test.each(['"other"', 'nonsense', '', '""'])('of a client that has another state (%s) gets the answer', (header) => {
    expect(tagged(request('GET', { 'if-none-match': header }), state)).toMatchObject({ status: 200, body: state });
  });

  test('is what may be answered with 304, a change is not', () => {
    expect(tagged(request('PUT', { 'if-none-match': tag }), state, 202)).toMatchObject({ status: 202, body: state });
  });
});

describe('a change', () => {
  test.each([tag, '*', `"other", ${tag}`])('for the state that there is (%s) is let through', (header) => {
    expect(() => assertCurrent(header, state)).not.toThrow();
  });

  test('without If-Match is let through', () => {
    expect(() => assertCurrent(undefined, state)).not.toThrow();
  });

  test.each(['"other"', `W/${tag}`, 'nonsense', tag.slice(1, -1)])('for another state (%s) is refused', (header) => {
    expect(() => assertCurrent(header, state)).toThrow(
      expect.objectContaining({
        code: 'request.stale',
        details: expect.objectContaining({ status: 412 }),
        hint: expect.any(String),
      }),
    );
  });
});
