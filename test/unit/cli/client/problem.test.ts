import { describe, expect, test } from '@jest/globals';
import { errorOfProblem } from '../../../../src/cli/client/problem.ts';
import { exitCodeOf } from '../../../../src/cli/exit-code.ts';

const url = 'http://127.0.0.1:1/api/v1';
const problem = (code: string, more: object = {}) => ({ code, detail: 'it does not work', request_id: 'r1', ...more });

describe('problem documents', () => {
  test.each([
    [400, 'request.invalid', 2],
    [401, 'auth.expired', 3],
    [403, 'auth.cross-site', 3],
    [404, 'job.unknown', 4],
    [409, 'context.ambiguous', 4],
    [409, 'context.busy', 5],
    [422, 'replication.no-disks', 1],
    [429, 'auth.too-many-attempts', 6],
    [500, 'internal', 6],
    [503, 'db.unreachable', 6],
  ])('%i %s ends a command with %i', (status, code, exitCode) => {
    const error = errorOfProblem(problem(code), { url, status });

    expect(error).toMatchObject({ code, message: 'it does not work', details: { request_id: 'r1', status } });
    expect(exitCodeOf(error)).toBe(exitCode);
  });

  test('keep the hint of the API, except where it is for those who write requests', () => {
    const hint = 'check that MariaDB runs';
    expect(errorOfProblem(problem('db.unreachable', { hint }), { url, status: 503 }).hint).toBe(hint);
    expect(
      errorOfProblem(problem('auth.expired', { hint: 'POST /api/v1/auth/login' }), { url, status: 401 }).hint,
    ).toBe('run: migratekit login');
  });

  test('name the job that stands in the way', () => {
    const detail = 'job job-20260114-093000.123-a1b2c3 is active for this VM';
    const error = errorOfProblem(problem('context.busy', { detail }), { url, status: 409 });

    expect(error.hint).toContain('migratekit cancel job-20260114-093000.123-a1b2c3');
  });

  test('advise nobody to cancel what cannot be cancelled', () => {
    const detail = 'job delete-20260114-093000.123-a1b2c3 is active for this VM';
    const error = errorOfProblem(problem('context.busy', { detail }), { url, status: 409 });

    expect(error.hint).toBe('wait for it to end: migratekit job delete-20260114-093000.123-a1b2c3 --follow');
  });

  test.each([undefined, '', '<html>502 Bad Gateway</html>', {}, { code: 7 }, null, []])(
    'a refusal that is none (%j) is the answer of something else',
    (body) => {
      const error = errorOfProblem(body, { url, status: 502 });

      expect(error).toMatchObject({ code: 'api.bad-answer', kind: 'upstream' });
      expect(exitCodeOf(error)).toBe(6);
    },
  );
});
