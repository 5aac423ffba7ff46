import { expect, test } from '@jest/globals';
import { errorCategory } from '../../../src/domain/error-category.ts';

test.each([
  ['ossea-config.incomplete', 'configuration'],
  ['volume.too-small', 'storage'],
  ['cbt.areas-outside', 'storage'],
  ['nbd.protocol', 'network'],
  ['cloudstack.refused', 'platform'],
  ['cloudstack.unreachable', 'connectivity'],
  ['vma.bad-answer', 'connectivity'],
  ['volume-daemon.bad-answer', 'connectivity'],
  ['internal', 'unknown'],
  ['nobody.knows', 'unknown'],
  ['', 'unknown'],
])('%s is a matter of %s', (code, category) => {
  expect(errorCategory(code)).toBe(category);
});
