import { describe, expect, test } from '@jest/globals';
import { cancelled, precondition, upstream } from '../../../../src/base/errors.ts';
import { failureOf, operationSummary } from '../../../../src/domain/failover/summary.ts';

const broken = precondition('cloudstack.refused', 'CloudStack refused it', { hint: 'look at its events' });

describe('the failure of a failover', () => {
  const CASES = [
    ['validation', broken, 'configuration', 'warning'],
    ['volume-attachment', broken, 'storage', 'error'],
    ['virtio-driver-injection', broken, 'compatibility', 'error'],
    ['vm-creation', upstream('cloudstack.unreachable', 'no answer'), 'connectivity', 'error'],
    ['vm-creation', precondition('cloudstack.refused', 'the network is gone'), 'network', 'error'],
    [null, precondition('x.y', 'nothing that is known'), 'unknown', 'error'],
    ['volume-attachment', precondition('workflow.undo-incomplete', 'left'), 'storage', 'critical'],
    ['final-sync', cancelled('job.cancelled', 'asked for'), 'storage', 'info'],
  ] as const;
  test.each(CASES)('in %s is told by the plainer of step and words', (...of) => {
    const [step, error, category, severity] = of;
    const failure = failureOf(error, step);
    expect(failure).toMatchObject({ category, severity });
    expect(failure.actions.length).toBeGreaterThanOrEqual(2);
    expect(failure.actions.length).toBeLessThanOrEqual(4);
  });

  test('is a part of the summary of the VM, with the step that failed last', () => {
    const facts = {
      jobId: 'failover-1',
      externalJobId: null,
      operation: 'test_failover',
      status: 'failed',
      progress: 25,
      endedAt: new Date('2026-11-23T01:00:00Z'),
      seconds: 61,
      steps: [
        { name: 'validation', status: 'completed' },
        { name: 'multi-volume-snapshot-creation', status: 'failed' },
      ],
    } as const;
    expect(operationSummary(facts, broken)).toMatchObject({
      job_id: 'failover-1',
      operation_type: 'test_failover',
      steps_completed: 1,
      steps_total: 2,
      failed_step: 'multi-volume-snapshot-creation',
      error_category: 'storage',
      actionable_steps: ['look at its events', expect.any(String), expect.any(String)],
    });
    expect(operationSummary({ ...facts, status: 'completed' }, undefined)).not.toHaveProperty('error_message');
  });
});
