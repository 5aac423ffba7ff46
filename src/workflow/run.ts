import type { AppError } from '../base/errors.ts';
import { precondition, toAppError } from '../base/errors.ts';
import { RECORDED, type Logger } from '../base/logger.ts';
import type { Outputs, Step, StepScope, Workflow } from './define.ts';
import type { StepLedger, StepRecord, Transaction } from './ledger.ts';
import { RecordedOutputs } from './outputs.ts';
import { undoWorkflow } from './undo.ts';

export interface WorkflowRun<C> {
  readonly context: C;
  readonly steps: StepLedger;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Parked, taken away or stopped: the job runs again from its top, and the step in hand stays begun. */
const COMES_BACK: ReadonlySet<string> = new Set(['job.parked', 'job.lease-lost', 'job.shutdown']);

/**
 * Works a list of steps off, from where the ledger says it stands: done steps are skipped, a begun one is run again.
 *
 * A failure that another attempt may cure, a cancel, and an error that nobody foresaw are thrown as they are: the
 * ledger decides (queues/outcome.ts) whether the job tries again or turns back. A permanent failure before the point
 * of no return turns back here: stored first, then undone in reverse, then thrown. After that point nothing is undone.
 * A workflow that has turned back only undoes, and throws why it turned back when all is undone.
 *
 * @throws whatever a step threw; precondition `workflow.undo-incomplete` with the list of what remains.
 */
export async function runWorkflow<C>(workflow: Workflow<C>, run: WorkflowRun<C>): Promise<Outputs> {
  const state = await run.steps.load();
  refuseUnknownSteps(workflow, state.steps);
  if (state.workflow.direction === 'undo') {
    throw await undoWorkflow(workflow, run, state.workflow.reason);
  }
  const outputs = new RecordedOutputs(state.steps);
  const records = new Map(state.steps.map((record) => [record.name, record]));
  let committed = state.workflow.committed;
  for (const step of workflow.steps) {
    const record = records.get(step.name);
    if (record?.state === 'done' || record?.state === 'skipped') continue;
    const end = await forward({ workflow, run, outputs, committed }, step, record);
    committed ||= end === 'committed';
  }
  return outputs;
}

interface Progress<C> {
  readonly workflow: Workflow<C>;
  readonly run: WorkflowRun<C>;
  readonly outputs: RecordedOutputs;
  readonly committed: boolean;
}

/** @returns committed: done, and there is no way back any more */
async function forward<C>(
  progress: Progress<C>,
  step: Step<C>,
  record: StepRecord | undefined,
): Promise<'skipped' | 'done' | 'committed'> {
  const { run, outputs } = progress;
  run.signal.throwIfAborted();
  const log = run.log.child({ step: step.name });
  const scope: StepScope<C> = { context: run.context, outputs, signal: run.signal, log, runs: (record?.runs ?? 0) + 1 };
  // A step that was begun had its answer already: its condition may not hold any more after half of its effects.
  if (record === undefined && step.when !== undefined && !(await step.when(scope))) {
    await run.steps.skipped(step.name);
    log.info(RECORDED, 'step skipped');
    return 'skipped';
  }
  const commit = step.pointOfNoReturn?.(scope) === true;
  await run.steps.begin(step.name);
  log.info({ runs: scope.runs, ...RECORDED }, 'step begun');
  let output: unknown;
  try {
    output = await step.work.run(scope);
  } catch (thrown) {
    throw await failure(progress, step, thrown);
  }
  // Not caught above: when the answer to this one gets lost, the step may be done, and must not be marked as failed.
  const rows = async (trx: Transaction): Promise<void> => step.work.record?.(scope, trx);
  await run.steps.done(step.name, { output, commit, rows });
  outputs.put(step.name, output);
  log.info(RECORDED, 'step done');
  return commit ? 'committed' : 'done';
}

/** What the failed step means for the workflow; the error to throw. */
async function failure<C>(progress: Progress<C>, step: Step<C>, thrown: unknown): Promise<AppError> {
  const { run, workflow } = progress;
  const error = reasonOf(run.signal, thrown);
  if (COMES_BACK.has(error.code) || error.kind === 'cancelled') return error;
  await run.steps.failed(step.name, `${error.code}: ${error.message}`);
  const isFinal = error.retry === 'never' && error.kind !== 'invariant';
  if (!isFinal || progress.committed) return error;
  await run.steps.turnBack(error);
  run.log.warn({ step: step.name, code: error.code, ...RECORDED }, 'workflow turns back');
  await undoWorkflow(workflow, run, null);
  return error;
}

/** When the signal aborted, whatever broke afterwards broke because of it. */
export function reasonOf(signal: AbortSignal, thrown: unknown): AppError {
  const error = toAppError(thrown);
  return signal.aborted && !COMES_BACK.has(error.code) ? toAppError(signal.reason) : error;
}

/** A newer version may have begun this job with steps that we do not know: leave it to that version. */
function refuseUnknownSteps<C>(workflow: Workflow<C>, records: readonly StepRecord[]): void {
  const known = new Set(workflow.steps.map((step) => step.name));
  const unknown = records.filter((record) => record.state !== 'skipped' && !known.has(record.name));
  if (unknown.length === 0) return;
  const names = unknown.map((record) => record.name).join(', ');
  throw precondition('workflow.unknown-step', `workflow ${workflow.name} has no step ${names} in this version`, {
    hint: 'run a worker of the version that began this job',
    retry: 'later',
  });
}
