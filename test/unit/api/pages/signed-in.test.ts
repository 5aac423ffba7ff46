import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loginFor, safeNext } from '../../../../src/api/pages/signed-in.ts';

test('a path of this server survives the way over the login page', () => {
  for (const path of [
    '/jobs/job-1',
    '/admin/queues/queue/sync-cbt?status=failed&page=2',
    '/jobs?cursor=a%3D%3D',
    '/',
  ]) {
    const login = new URL(loginFor(path), 'http://here');
    expect(login.pathname).toBe('/login');
    expect(safeNext(login.searchParams.get('next') ?? '/')).toBe(path);
  }
});

test('whatever is given, the browser stays on this server', () => {
  const piece = fc.constantFrom(
    '/',
    '\\',
    '.',
    '..',
    '@',
    ':',
    '?',
    '#',
    '%2f',
    'evil.example',
    'http',
    '\t',
    '\n',
    ' ',
  );
  const given = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(given, (next) => {
      expect(new URL(safeNext(next), 'https://here.example/login').origin).toBe('https://here.example');
    }),
    { numRuns: 2_000 },
  );
  for (const given of [undefined, ['/jobs'], 7]) expect(safeNext(given)).toBe('/');
});
