import { expect, test } from '@jest/globals';
import { mayRun } from '../../../src/cloudstack/instances.ts';

test.each(['Running', 'Starting', 'Stopping', 'Migrating', 'Unknown', ''])('a VM that is %j may run', (state) => {
  expect(mayRun({ state })).toBe(true);
});

test.each(['Stopped', 'Shutdown', 'Destroyed', 'Expunging', 'Error'])('a VM that is %s does not run', (state) => {
  expect(mayRun({ state })).toBe(false);
});
