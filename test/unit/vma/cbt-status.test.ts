import { expect, test } from '@jest/globals';
import { losesChanges } from '../../../src/vma/vcenter/cbt-status.ts';

test.each([
  ['6.0.0', '3073146', true],
  ['6.0.0', '3247719', true],
  ['6.0.0', '3247720', false],
  ['6.0.0', null, true],
  ['6.0.0', 'unknown', true],
  ['6.0', '2494585', true],
  ['6.5.0', '4564106', false],
  ['6.00', '1', false],
  ['16.0.0', '1', false],
  ['8.0.2', '22385739', false],
  [null, null, false],
])('ESXi %s build %s loses changes: %s', (version, build, loses) => {
  expect(losesChanges({ version, build })).toBe(loses);
});
