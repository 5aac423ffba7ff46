import { describe, expect, test } from '@jest/globals';
import { Faults as CloudFaults } from '../../../src/lab/cloudstack/faults.ts';
import { Faults as VcenterFaults } from '../../../src/lab/vcenter/faults.ts';

describe('a fault on demand', () => {
  test('of CloudStack lets so many calls of its command pass, then strikes, then is used up', () => {
    const faults = new CloudFaults();
    faults.add({ command: 'listVolumes', kind: 'drop-before', after: 2, times: 2 });
    const strikes = (): boolean => faults.takeForCall('listVolumes') !== undefined;

    expect(faults.takeForCall('listZones')).toBeUndefined();
    expect([strikes(), strikes()]).toEqual([false, false]);
    expect(faults.pending()).toMatchObject([{ after: 0, times: 2 }]);
    expect([strikes(), strikes(), strikes()]).toEqual([true, true, false]);
    expect(faults.pending()).toEqual([]);
  });

  test('of CloudStack for jobs counts jobs, and one for all commands counts all', () => {
    const faults = new CloudFaults();
    faults.add({ command: '*', kind: 'job-forgotten', after: 1 });

    expect(faults.takeForCall('attachVolume')).toBeUndefined();
    expect(faults.takeForJob('attachVolume')).toBeUndefined();
    expect(faults.takeForJob('detachVolume')).toMatchObject({ kind: 'job-forgotten' });
  });

  test('of vCenter does the same, each rule by a count of its own', () => {
    const faults = new VcenterFaults();
    faults.add({ method: '*', kind: 'drop-after', after: 1 });
    faults.add({ method: 'Login', kind: 'drop-before', after: 2 });
    const kinds = ['drop-before', 'drop-after'] as const;

    expect(faults.take('Login', kinds)).toBeUndefined();
    expect(faults.take('Login', kinds)).toMatchObject({ kind: 'drop-after' });
    expect(faults.take('Login', kinds)).toMatchObject({ kind: 'drop-before' });
    expect(faults.pending()).toEqual([]);
  });
});
