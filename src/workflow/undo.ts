import type { AppError } from '../base/errors.ts';
import { cancelled, precondition, toAppError } from '../base/errors.ts';
import { RECORDED } from '../base/logger.ts';
import type { Workflow } from './define.ts';
import { RecordedOutputs } from './outputs.ts';
import type { WorkflowRun } from './run.ts';

/**
 * The way back: in reverse through every step that was entered, whether it ended or not. Each undo looks first; one
 * that ended is recorded, so a crash in the middle resumes there.
 *
 * @returns why the workflow had turned back, as the error that the job ends with
 * @throws precondition `workflow.undo-incomplete` when an undo failed for good; else what the undo threw: try again
 */
export async function undoWorkflow<C>(
  workflow: Workflow<C>,
  run: WorkflowRun<C>,
  reason: string | null,
): Promise<AppError> {
  const { steps } = await run.steps.load();
  const outputs = new RecordedOutputs(steps);
  const records = new Map(steps.map((record) => [record.name, record]));
  for (const step of workflow.steps.toReversed()) {
    const record = records.get(step.name);
    if (record === undefined || record.state === 'skipped' || record.state === 'undone') continue;
    run.signal.throwIfAborted();
    const log = run.log.child({ step: step.name });
    try {
      const scope = { context: run.context, outputs, signal: run.signal, log, runs: record.runs };
      await step.work.undo?.(scope);
    } catch (thrown) {
      throw undoFailure(run.signal, thrown, await remaining(run));
    }
    await run.steps.undone(step.name);
    log.info(RECORDED, 'step undone');
  }
  return errorOf(reason);
}

/** The undo cannot go on: what is left needs a person. */
export function undoIncomplete(remainingSteps: readonly string[], cause: AppError): AppError {
  const left = remainingSteps.join(', ');
  return precondition(
    'workflow.undo-incomplete',
    `undo stopped (${cause.code}: ${cause.message}); not undone: ${left}`,
    {
      hint: cause.hint ?? 'look at what these steps left behind and remove it by hand',
      details: { ...cause.details, remaining: remainingSteps, stoppedBy: cause.code },
      cause,
    },
  );
}

/** The stored reason (`code: message`) as an error that is final. */
export function errorOf(reason: string | null): AppError {
  const [, code = 'internal', message = reason ?? 'the workflow turned back'] =
    /^([a-z][a-z0-9.-]*): (.*)$/s.exec(reason ?? '') ?? [];
  if (code === 'job.cancelled') return cancelled(code, message);
  return precondition(code, message);
}

function undoFailure(signal: AbortSignal, thrown: unknown, left: readonly string[]): AppError {
  const error = toAppError(thrown);
  if (signal.aborted) return toAppError(signal.reason);
  const isFinal = error.retry === 'never' && error.kind !== 'invariant' && error.kind !== 'cancelled';
  // A lost lease is a conflict, and final for this claim only.
  if (!isFinal || error.code.startsWith('job.')) return error;
  return undoIncomplete(left, error);
}

async function remaining<C>(run: WorkflowRun<C>): Promise<string[]> {
  const { steps } = await run.steps.load();
  return steps.filter((record) => record.state !== 'skipped' && record.state !== 'undone').map((record) => record.name);
}
