import { expect, test } from '@jest/globals';
import { usesThreads } from '../../../src/volumes/block-exports.ts';
import { portOf, urisOf } from '../../../src/volumes/export-uris.ts';

test('a URI names the export and the socket, with what could be misread escaped', () => {
  expect(urisOf({ type: 'unix', path: '/run/a b/nbd.sock' }, 'migration-vol-x.1.ab')).toEqual({
    unix: 'nbd+unix:///migration-vol-x.1.ab?socket=/run/a%20b/nbd.sock',
  });
  expect(urisOf({ type: 'tcp', host: '::1', port: 10811 }, 'e')).toEqual({ tcp: 'nbd://[::1]:10811/e' });
  expect(portOf({ type: 'unix', path: '/s' })).toBe(10_809);
});

test.each([
  [{ major: 7, minor: 2 }, false],
  [{ major: 9, minor: 0 }, false],
  [{ major: 9, minor: 1 }, true],
  [{ major: 10, minor: 0 }, true],
])('exports get a thread of their own in qemu %j: %s', (version, threads) => {
  expect(usesThreads(version)).toBe(threads);
});
