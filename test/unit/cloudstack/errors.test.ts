import { describe, expect, test } from '@jest/globals';
import { describeError } from '../../../src/base/errors.ts';
import { toCloudStackError } from '../../../src/cloudstack/errors.ts';

const fault = (errorCode: number | undefined, errorText: string) => ({ command: 'attachVolume', errorCode, errorText });

describe('refusals of CloudStack', () => {
  test.each([
    [401, 'cloudstack.unauthorized', 'not-allowed', 'never'],
    [405, 'cloudstack.method-refused', 'invariant', 'never'],
    [411, 'cloudstack.second-factor', 'not-allowed', 'never'],
    [429, 'cloudstack.rate-limited', 'busy', 'later'],
    [430, 'cloudstack.malformed', 'invariant', 'never'],
    [431, 'cloudstack.refused', 'precondition', 'never'],
    [432, 'cloudstack.unsupported', 'precondition', 'never'],
    [503, 'cloudstack.maintenance', 'busy', 'later'],
    [530, 'cloudstack.internal', 'upstream', 'backoff'],
    [531, 'cloudstack.forbidden', 'not-allowed', 'never'],
    [532, 'cloudstack.resource-limit', 'precondition', 'never'],
    [533, 'cloudstack.no-capacity', 'upstream', 'backoff'],
    [534, 'cloudstack.resource-unavailable', 'upstream', 'backoff'],
    [535, 'cloudstack.allocation-failed', 'upstream', 'backoff'],
    [536, 'cloudstack.resource-in-use', 'upstream', 'backoff'],
    [537, 'cloudstack.rule-conflict', 'upstream', 'backoff'],
    [599, 'cloudstack.failed', 'upstream', 'backoff'],
    [undefined, 'cloudstack.failed', 'upstream', 'backoff'],
  ])('%s is %s (%s, %s)', (...row) => {
    const [code, ours, kind, retry] = row;
    expect(toCloudStackError(fault(code, 'because'))).toMatchObject({ code: ours, kind, retry });
  });

  test.each([
    ['Please specify a volume that is not attached to any VM.', 'cloudstack.volume-attached', 'conflict'],
    ['This volume is already attached to a VM.', 'cloudstack.volume-attached', 'conflict'],
    ['The specified volume is not attached to a VM.', 'cloudstack.volume-not-attached', 'conflict'],
    [
      'The specified VM already has the maximum number of data disks (6) attached. Please specify another VM.',
      'cloudstack.no-device-slot',
      'busy',
    ],
    ['All device Ids are used by vm 12', 'cloudstack.no-device-slot', 'busy'],
    ['internal error: No more available PCI slots', 'cloudstack.no-device-slot', 'busy'],
    [
      'Unable to attach volume to VM oma/7c, please specify a VM that does not have VM snapshots',
      'cloudstack.vm-has-snapshots',
      'precondition',
    ],
    [
      'Unable to attach volume to VM oma/7c, please specify a VM that does not have any backups',
      'cloudstack.vm-has-backups',
      'precondition',
    ],
    ['Please specify a VM that is either running or stopped.', 'cloudstack.vm-state', 'precondition'],
    ['The VM the specified disk is attached to is not in the shutdown state.', 'cloudstack.vm-state', 'precondition'],
    [
      'Root volume detach can happen only when vm is in states: Stopped or Destroyed',
      'cloudstack.vm-state',
      'precondition',
    ],
    [
      'A volume that is attached to a VM with any VM snapshots cannot be resized.',
      'cloudstack.vm-has-snapshots',
      'precondition',
    ],
    ['Vm already has root volume attached to it', 'cloudstack.root-attached', 'conflict'],
    ['Please specify a VM that is in the same zone as the volume.', 'cloudstack.zone-mismatch', 'precondition'],
    ['This disk offering does not allow custom size', 'cloudstack.size-refused', 'precondition'],
    ['Volume size: 9999 GB is out of allowed range. Min: 1. Max: 1024', 'cloudstack.size-refused', 'precondition'],
    [
      'Unable to execute API command listvolumes due to invalid value. Invalid parameter id value=x due to incorrect long value format, or entity does not exist or due to incorrect parameter annotation for the field in api cmd class.',
      'cloudstack.not-found',
      'not-found',
    ],
  ])('"%s" is %s, as an answer and as the result of a job', (text, code, kind) => {
    expect(toCloudStackError(fault(431, text))).toMatchObject({ code, kind });
    expect(toCloudStackError(fault(530, text))).toMatchObject({ code, kind });
  });

  test('for a volume between two states are tried again, but not without a limit', () => {
    const error = toCloudStackError(fault(431, 'Volume state must be in Allocated, Ready or in Uploaded state'));

    expect(error).toMatchObject({ code: 'cloudstack.volume-busy', kind: 'busy', retry: 'backoff' });
  });

  test('are cut where the server sends a whole stack trace', () => {
    expect(toCloudStackError(fault(530, 'at java.lang.Thread '.repeat(1_000))).message.length).toBeLessThan(600);
  });

  test('are judged by their code where the code leaves no doubt', () => {
    const error = toCloudStackError(fault(401, 'entity does not exist'));

    expect(error.code).toBe('cloudstack.unauthorized');
  });

  test('name the clocks when they are apart', () => {
    const error = toCloudStackError({ ...fault(401, 'unable to verify user credentials'), clockSkewMs: -3_600_000 });

    expect(describeError(error)).toContain('3600 s behind ours');
  });

  test('carry their coordinates', () => {
    const error = toCloudStackError({ ...fault(530, 'boom'), asyncJobId: 'job-1', csErrorCode: 4250 });

    expect(error.details).toMatchObject({
      command: 'attachVolume',
      errorCode: 530,
      errorText: 'boom',
      asyncJobId: 'job-1',
      csErrorCode: 4250,
    });
  });
});
