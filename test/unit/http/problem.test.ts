import { describe, expect, test } from '@jest/globals';
import { busy, conflict, invalidRequest, precondition, upstream } from '../../../src/base/errors.ts';
import { toProblem } from '../../../src/http/problem.ts';

const place = { path: '/api/v1/x', requestId: 'r1' };

describe('problem documents', () => {
  test.each([
    [invalidRequest('a.b', 'm'), 400],
    [conflict('a.b', 'm'), 409],
    [precondition('a.b', 'm'), 422],
    [busy('a.b', 'm'), 503],
    [upstream('a.b', 'm', { details: { status: 502 } }), 502],
  ])('%s keeps code and message', (error, status) => {
    expect(toProblem(error, place)).toMatchObject({
      status,
      code: 'a.b',
      detail: 'm',
      request_id: 'r1',
      instance: '/api/v1/x',
    });
  });

  test('an unforeseen error tells the client nothing but where to look', () => {
    const problem = toProblem(new Error('password is hunter2'), place);

    expect(problem).toMatchObject({ status: 500, code: 'internal', request_id: 'r1' });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  test('a hint and the list of bad fields come through', () => {
    const error = invalidRequest('a.b', 'm', { hint: 'do this', details: { errors: [{ path: 'x', message: 'y' }] } });

    expect(toProblem(error, place)).toMatchObject({ hint: 'do this', errors: [{ path: 'x', message: 'y' }] });
  });
});
