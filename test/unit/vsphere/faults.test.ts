import { describe, expect, test } from '@jest/globals';
import { toVsphereError } from '../../../src/vsphere/faults.ts';
import { parseXml } from '../../../src/vsphere/soap/xml.ts';

const fault = (type: string | undefined, fields = ''): Parameters<typeof toVsphereError>[1] => ({
  type,
  message: 'what the server says',
  fields: parseXml(`<f>${fields}</f>`),
});

describe('faults of vSphere', () => {
  test.each([
    ['NotAuthenticated', 'vsphere.not-authenticated', 'not-allowed', 'never'],
    ['InvalidLogin', 'vsphere.invalid-login', 'not-allowed', 'never'],
    ['PasswordExpired', 'vsphere.invalid-login', 'not-allowed', 'never'],
    ['NoPermission', 'vsphere.no-permission', 'not-allowed', 'never'],
    ['ManagedObjectNotFound', 'vsphere.not-found', 'not-found', 'never'],
    ['TaskInProgress', 'vsphere.task-in-progress', 'busy', 'backoff'],
    ['ConcurrentAccess', 'vsphere.concurrent-access', 'busy', 'backoff'],
    ['FileFault', 'vsphere.file-fault', 'upstream', 'backoff'],
    ['CannotAccessFile', 'vsphere.file-fault', 'upstream', 'backoff'],
    ['FileLocked', 'vsphere.file-locked', 'busy', 'backoff'],
    ['NoDiskSpace', 'vsphere.no-disk-space', 'precondition', 'never'],
    ['InvalidPowerState', 'vsphere.power-state', 'conflict', 'never'],
    ['InvalidState', 'vsphere.invalid-state', 'conflict', 'never'],
    ['InvalidArgument', 'vsphere.invalid-argument', 'invalid-request', 'never'],
    ['ToolsUnavailable', 'vsphere.tools-unavailable', 'precondition', 'never'],
    ['SnapshotFault', 'vsphere.snapshot-failed', 'upstream', 'backoff'],
    ['ApplicationQuiesceFault', 'vsphere.quiesce-failed', 'precondition', 'never'],
    ['HostCommunication', 'vsphere.host-unreachable', 'upstream', 'backoff'],
    ['RequestCanceled', 'vsphere.cancelled', 'cancelled', 'never'],
    ['Timedout', 'vsphere.timed-out', 'upstream', 'backoff'],
    ['MethodNotFound', 'vsphere.not-supported', 'precondition', 'never'],
    ['SomethingNew', 'vsphere.failed', 'upstream', 'backoff'],
    ['toString', 'vsphere.failed', 'upstream', 'backoff'],
    [undefined, 'vsphere.failed', 'upstream', 'backoff'],
  ])('%s is %s', (type, ...[code, kind, retry]) => {
    expect(toVsphereError('Do', fault(type))).toMatchObject({ code, kind, retry });
  });

  test('say what they are about', () => {
    const error = toVsphereError(
      'PowerOffVM_Task',
      fault('NoPermission', '<object>vm-1</object><privilegeId>VirtualMachine.Interact.PowerOff</privilegeId>'),
    );

    expect(error.details).toEqual({
      method: 'PowerOffVM_Task',
      fault: 'NoPermission',
      status: 403,
      said: 'what the server says',
      object: 'vm-1',
      privilegeId: 'VirtualMachine.Interact.PowerOff',
    });
  });

  test('are cut short, however much the server says', () => {
    const long = 'x'.repeat(100_000);
    const error = toVsphereError('Do', { type: long, message: long, fields: parseXml(`<f><file>${long}</file></f>`) });

    expect(JSON.stringify([error.message, error.details]).length).toBeLessThan(3_000);
  });

  test('of a login keep nothing that the server could have repeated', () => {
    const error = toVsphereError('Login', {
      type: 'canary',
      message: 'canary',
      fields: parseXml('<f><file>canary</file></f>'),
    });

    expect(JSON.stringify([error.message, error.details, error.hint])).not.toContain('canary');
  });
});
