import { sleep } from '../base/clock.ts';
import { AppError, upstream } from '../base/errors.ts';
import { formatDuration, MINUTE, SECOND } from '../base/units.ts';
import { badAnswer } from './errors.ts';
import { toVsphereError } from './faults.ts';
import { readProperties } from './property-collector.ts';
import type { CallOptions, VsphereSession } from './session.ts';
import { readLocalizedFault } from './soap/answer.ts';
import { child, integerIn, needRef, needText } from './soap/read.ts';
import type { ObjectRef } from './soap/reference.ts';
import type { Request } from './soap/write.ts';
import type { XmlElement } from './soap/xml.ts';

/** Work that a vCenter does after its answer. Source: vSphere Web Services API, Task and TaskInfo. */

export interface TaskOptions extends CallOptions {
  /** For the whole wait; 10 min. Each call within has the session's own deadline. */
  readonly timeoutMs?: number | undefined;
  /** 1 s. */
  readonly pollMs?: number | undefined;
  /** 0 to 100, whenever it was looked at; a task need not tell. */
  readonly onProgress?: ((percent: number) => void) | undefined;
  /** What becomes of the task when `signal` aborts: it is asked to stop, which not every task does, or goes on. */
  readonly whenAborted?: 'cancel' | 'go-on' | undefined;
}

/**
 * Starts a task and waits for its end; gives its result, where it has one. A look that fails for a while is repeated
 * until the deadline, and the task outlives the session that started it.
 * Errors: those of `VsphereSession.call` and, for a task that failed, of the table of faults.ts; upstream
 * `vsphere.task-timeout` and `vsphere.task-unseen` (vCenter has forgotten the task, or refuses to show it) with the task
 * in their details: it may still be running, and may have done its work. After `vsphere.unreachable` at the start the
 * task may have been started: whoever repeats it looks for its effect first. When `signal` aborts, its reason is thrown.
 */
export async function runTask(
  session: VsphereSession,
  request: Request,
  options: TaskOptions = {},
): Promise<XmlElement | undefined> {
  const response = await session.call(request, { signal: options.signal });
  return waitForTask(session, { ref: needRef(response, 'returnval'), method: request.method }, options);
}

interface Task {
  readonly ref: ObjectRef;
  /** What it does, for messages. */
  readonly method: string;
}

async function waitForTask(session: VsphereSession, task: Task, options: TaskOptions): Promise<XmlElement | undefined> {
  const { timeoutMs = 10 * MINUTE, pollMs = SECOND, onProgress, signal, whenAborted = 'cancel' } = options;
  const deadline = session.clock.monotonic() + timeoutMs;
  let lastError: AppError | undefined;
  try {
    for (;;) {
      const info = await look(session, task, signal);
      if (info instanceof AppError) lastError = info;
      else if (isOver(task, info)) return child(info, 'result');
      else onProgress?.(integerIn(info, 'progress') ?? 0);
      const leftMs = deadline - session.clock.monotonic();
      if (leftMs <= 0) throw timedOut(task, timeoutMs, lastError);
      await sleep(Math.min(pollMs, leftMs), signal);
    }
  } catch (thrown) {
    if (signal?.aborted === true && whenAborted === 'cancel') await cancel(session, task.ref);
    throw thrown;
  }
}

/** The task's state, or the error that another look may cure. */
async function look(session: VsphereSession, task: Task, signal?: AbortSignal): Promise<XmlElement | AppError> {
  try {
    const { properties } = await session.within((caller) => readProperties(caller, task.ref, ['info']), { signal });
    return properties.get('info') ?? badAnswer('it shows nothing of a task');
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code === 'vsphere.closed' || signal?.aborted === true) throw thrown;
    if (thrown.retry !== 'never') return thrown;
    throw unseen(task, thrown);
  }
}

/** Errors: that of a task that failed. */
function isOver(task: Task, info: XmlElement): boolean {
  const state = needText(info, 'state');
  if (state === 'error') throw toVsphereError(task.method, readLocalizedFault(child(info, 'error') ?? info));
  return state === 'success';
}

/** The one who waits is gone either way. */
async function cancel(session: VsphereSession, target: ObjectRef): Promise<void> {
  await session.call({ method: 'CancelTask', target, parts: [] }, { timeoutMs: 5 * SECOND }).catch(() => undefined);
}

const timedOut = (task: Task, timeoutMs: number, cause: AppError | undefined): AppError =>
  upstream('vsphere.task-timeout', `the task of ${task.method} did not end within ${formatDuration(timeoutMs)}`, {
    cause,
    details: { task: task.ref.id, method: task.method },
    hint: 'look at the recent tasks of vcenter: it may still be running',
  });

/** Not the refusal itself: a refused look would pass for a refused task, whose effect nobody would look for any more. */
const unseen = (task: Task, cause: AppError): AppError =>
  upstream('vsphere.task-unseen', `vcenter took ${task.method}, and does not show its task: ${cause.message}`, {
    cause,
    details: { task: task.ref.id, method: task.method, refusal: cause.code },
    hint: cause.hint ?? 'look at the recent tasks of vcenter: it may still be running, or be done',
  });
