import { expect, test } from '@jest/globals';
import { presentReport } from '../../../../src/api/snapshots/report.ts';
import type { SweptVcenter } from '../../../../src/db/stores/snapshot-finding-store.ts';

const AT = new Date('2026-11-22T12:00:00Z');
const SNAPSHOT = {
  vm: 'web01',
  vm_ref: 'vm-1',
  instance_uuid: null,
  snapshot_ref: 'snapshot-1',
  name: 'n',
  job_id: 'job',
  created_at: '2026-11-21T10:00:00Z',
  state: 'removing' as const,
  error: null,
};
const ALARM = { code: 'snapshot.old' as const, about: 'web01', text: 't', next_step: 'n' };
const swept = (id: number, vcenterUuid: string | undefined): SweptVcenter => ({
  credentialId: id,
  credentialName: `c${id}`,
  vcenterHost: `vc${id}`,
  triedAt: AT,
  error: null,
  checkedAt: AT,
  findings:
    vcenterUuid === undefined
      ? null
      : {
          vcenter_uuid: vcenterUuid,
          snapshots: [SNAPSHOT],
          others: { count: 2, oldest_created_at: null },
          alarms: [
            { ...ALARM, level: 'warn' },
            { ...ALARM, level: 'critical', text: 'worse' },
          ],
        },
});

test('two credentials of one vcenter tell each thing once, two vcenters with equal references both', () => {
  const one = presentReport([swept(1, 'a'), swept(2, 'a')], AT.getTime());
  const two = presentReport([swept(1, 'a'), swept(2, 'b')], AT.getTime());

  expect(one).toMatchObject({ snapshots: [{ age_hours: 26, next_step: expect.any(String) }] });
  expect(one['alarms']).toMatchObject([{ level: 'critical' }, { level: 'warn' }]);
  expect(two['snapshots']).toHaveLength(2);
  expect(two['alarms']).toMatchObject([
    { level: 'critical', credential_id: 1 },
    { level: 'critical', credential_id: 2 },
    { level: 'warn' },
    { level: 'warn' },
  ]);
});

test('a vcenter that was never reached is told as that', () => {
  const never = { ...swept(1, undefined), checkedAt: null, error: { code: 'vma.unreachable', text: 'away' } };

  expect(presentReport([never], AT.getTime())).toEqual({
    snapshots: [],
    alarms: [],
    vcenters: [
      {
        credential_id: 1,
        credential_name: 'c1',
        vcenter_host: 'vc1',
        tried_at: AT.toISOString(),
        checked_at: null,
        error: { code: 'vma.unreachable', text: 'away' },
        other_snapshots: 0,
        oldest_other_created_at: null,
      },
    ],
  });
});
