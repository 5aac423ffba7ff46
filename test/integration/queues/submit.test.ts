import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cancel } from '../../../src/queues/cancel.ts';
import { submit } from '../../../src/queues/submit.ts';
import { conflict } from '../../../src/base/errors.ts';
import { LedgerLab } from '../../support/ledger-lab.ts';
import { noop } from '../../support/noop-job.ts';

let lab: LedgerLab;

beforeAll(async () => {
  lab = await LedgerLab.open();
});
afterAll(() => lab[Symbol.asyncDispose]());

async function makeContext(contextId: string): Promise<void> {
  await lab.db('vm_replication_contexts').insert({
    context_id: contextId,
    vm_name: contextId,
    vmware_vm_id: contextId,
    vm_path: `/${contextId}`,
    vcenter_host: 'vcenter.test',
    datacenter: 'dc',
  });
}

const job = (contextId: string) => ({ contract: noop, payload: { actions: [] }, contextId });

describe('submit', () => {
  test('of many submits for one VM at once exactly one is accepted, and the others name it', async () => {
    await makeContext('ctx-1');
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => submit(lab.ledger, job('ctx-1'))));

    const accepted = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.jobId] : []));
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    expect(accepted).toHaveLength(1);
    for (const error of refused) {
      expect(error).toMatchObject({ code: 'context.busy', details: { activeJobId: accepted[0] } });
    }
  });

  test('a VM is free again as soon as its job has ended', async () => {
    await makeContext('ctx-2');
    const first = await submit(lab.ledger, job('ctx-2'));
    await cancel(lab.ledger, first.jobId, { reason: 'not needed' });

    const second = await submit(lab.ledger, job('ctx-2'));

    expect(second.jobId).not.toBe(first.jobId);
  });

  test('a job that is not a root holds no context', async () => {
    await makeContext('ctx-3');
    await submit(lab.ledger, job('ctx-3'));

    await expect(submit(lab.ledger, { ...job('ctx-3'), root: false })).resolves.toBeDefined();
  });

  test('rows of the domain that are refused take the job with them', async () => {
    const before = await lab.db('job_tracking').count({ n: '*' });
    const submission = {
      contract: noop,
      payload: { actions: [] },
      domainRows: () => Promise.reject(conflict('test.refused', 'no')),
    };

    await expect(submit(lab.ledger, submission)).rejects.toMatchObject({ code: 'test.refused' });
    expect(await lab.db('job_tracking').count({ n: '*' })).toEqual(before);
  });

  test('a payload that breaks the contract is refused', async () => {
    // @ts-expect-error the compiler refuses it too
    const broken = submit(lab.ledger, { contract: noop, payload: { actions: 'none' } });

    await expect(broken).rejects.toMatchObject({ code: 'job.payload-invalid', kind: 'invalid-request' });
  });

  test('a job for later is not sent before its time', async () => {
    const { jobId } = await submit(lab.ledger, { ...noopJob, notBefore: new Date(Date.now() + 3_600_000) });

    expect(await lab.job(jobId)).toMatchObject({ dispatchState: 'queued', status: 'pending' });
  });
});

const noopJob = { contract: noop, payload: { actions: [] } };
