import { expect, test } from '@jest/globals';
import { Faults, faultSchema } from '../../../../src/lab/cloudstack/faults.ts';

test('a fault strikes as often as it says, its own command only, the oldest first', () => {
  const faults = new Faults();
  faults.add({ command: 'listZones', kind: 'drop-before', times: 2 });
  faults.add({ command: '*', kind: 'delay', ms: 1 });

  const struck = ['listVolumes', 'listZones', 'listZones', 'listZones'].map(
    (command) => faults.takeForCall(command)?.kind,
  );

  expect(struck).toEqual(['delay', 'drop-before', 'drop-before', undefined]);
  expect(faults.pending()).toEqual([]);
});

test('faults of jobs do not strike calls, nor the other way round', () => {
  const faults = new Faults();
  faults.add({ command: 'attachVolume', kind: 'job-stuck' });
  faults.add({ command: 'attachVolume', kind: 'drop-after' });

  expect(faults.takeForCall('attachVolume')?.kind).toBe('drop-after');
  expect(faults.takeForJob('attachVolume')?.kind).toBe('job-stuck');
});

test('a fault that means nothing is refused', () => {
  expect(faultSchema.safeParse({ command: 'listZones', kind: 'explode' }).success).toBe(false);
  expect(faultSchema.safeParse({ command: 'listZones', kind: 'drop-before', times: 0 }).success).toBe(false);
});
