import { expect, test } from '@jest/globals';
import { CLOUD_REFUSALS, told } from '../../../../src/api/cloud/refusals.ts';
import { notFound, toAppError, upstream } from '../../../../src/base/errors.ts';
import { toCloudStackError } from '../../../../src/cloudstack/errors.ts';
import { toProblem } from '../../../../src/http/problem.ts';

const AT = { path: '/api/v1/networks/available', requestId: 'r' };
const refused = (errorCode: number) => toCloudStackError({ command: 'listNetworks', errorCode, errorText: 'no' });
const away = (code: string) => upstream(code, 'away');

test.each([
  [refused(401), '401 cloudstack.unauthorized'],
  [refused(531), '403 cloudstack.forbidden'],
  [refused(411), '403 cloudstack.second-factor'],
  [refused(503), '503 cloudstack.maintenance'],
  [refused(429), '503 cloudstack.rate-limited'],
  [refused(530), '503 cloudstack.failed'],
  [refused(431), '503 cloudstack.failed'],
  [refused(432), '503 cloudstack.failed'],
  [refused(533), '503 cloudstack.failed'],
  [refused(999), '503 cloudstack.failed'],
  [away('cloudstack.unreachable'), '503 cloudstack.unreachable'],
  [away('cloudstack.bad-answer'), '503 cloudstack.bad-answer'],
])('what CloudStack refuses is told in words that the routes document: %s', (error, expected) => {
  const problem = toProblem(told(error), AT);
  expect(`${problem.status} ${problem.code}`).toBe(expected);
  expect(problem.hint).toMatch(/\w/);
  const documented = CLOUD_REFUSALS.some(
    ({ status, codes }) => status === problem.status && codes.includes(problem.code),
  );
  expect(documented).toBe(true);
});

test('what is folded into one code keeps its own in the text', () => {
  expect(toAppError(told(refused(533))).message).toContain('cloudstack.no-capacity');
});

test("what is not CloudStack's doing stays as it is", () => {
  const bug = new TypeError('x is undefined');
  expect(told(bug)).toBe(bug);
  const ours = notFound('cloudstack.domain-unknown', 'no such domain');
  expect(told(ours)).toBe(ours);
});
