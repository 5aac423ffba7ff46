import { conflict, invalidRequest, notFound, type AppError } from '../../base/errors.ts';

/** What refusals that have to do with failovers look like. */

const JOB = 'failover-20260114-093000.123-a1b2c3';
const field = (path: string, message: string) => ({ details: { errors: [{ path, message }] } });

export const FAILOVER_PROBLEMS: readonly AppError[] = [
  notFound('failover.unknown', `there is no failover ${JOB}`, {
    hint: 'GET /api/v1/failover/jobs lists the failovers',
  }),
  notFound('failover.none', 'web01 was never failed over', { hint: 'GET /api/v1/failover/jobs lists the failovers' }),
  invalidRequest('failover.other-vm', 'context_id, vm_id and vm_name do not name one VM', {
    ...field('vm_name', 'is not the VM of context_id, which is web01'),
    hint: 'GET /api/v1/vm-contexts lists the three of every VM',
  }),
  invalidRequest('failover.options', 'not a test failover: power_off_source: a test never touches the source VM', {
    ...field('power_off_source', 'a test never touches the source VM'),
    hint: 'GET /api/v1/failover/preflight/config/{failover_type}/{vm_name} tells what each field may be',
  }),
  invalidRequest('failover.unknown-type', 'there is no failover of type real', {
    ...field('failover_type', 'must be live or test'),
    hint: 'use live or test',
  }),
  invalidRequest('failover.is-live', `failover ${JOB} is a live failover`, {
    hint: 'POST /api/v1/failover/rollback takes it back, and asks what becomes of the source VM',
  }),
  conflict('failover.not-allowed', 'a VM that is failed_over_test cannot be failed over', {
    hint: 'end the test failover first',
  }),
  conflict('failover.no-usable-copy', 'not every disk of this VM is on its volume as it was last committed', {
    hint: 'replicate the VM once more; a VM whose source is gone needs its last snapshot or backup',
  }),
  conflict('failover.not-ready', 'web01 is not ready for a test failover: network lab is where live mappings lead', {
    ...field('network.test-in-production', 'network lab is where live mappings lead; map it to an isolated network'),
    hint: 'map it to an isolated network that no live mapping uses',
  }),
  conflict('failover.running', `failover ${JOB} is creating_vm`, { hint: 'wait for its end, or cancel it' }),
  conflict('failover.committed', `failover ${JOB} is committed: its snapshots are gone`, {
    hint: 'nothing leads back any more; protect the VM where it runs now',
  }),
  conflict('failover.not-standing', `failover ${JOB} left nothing that could be rolled back`, {
    hint: 'the VM is ready_for_failover: nothing is left to do',
  }),
  conflict('failover.nothing-failed', `failover ${JOB} did not fail`, {
    hint: 'to end a failover that went well, roll it back',
  }),
  conflict('failover.other-type', 'the last failover of this VM is a test failover, and not a live one', {
    hint: `look at it first: GET /api/v1/failover/${JOB}/status; then send failover_type test`,
  }),
];
