import { AppError } from '../base/errors.ts';
import type { CallOptions, VsphereSession } from './session.ts';
import { children, descend, textIn, typeOf } from './soap/read.ts';
import type { ObjectRef } from './soap/reference.ts';
import { flag, integer, reference, structure, text, texts } from './soap/write.ts';
import type { XmlElement } from './soap/xml.ts';

/**
 * Whether a VM went back to a snapshot, by the events that vCenter keeps. There is no class of event for it: vCenter posts
 * an EventEx of the type below, and a TaskEvent whose task says what it did; either counts.
 * Source: vSphere Web Services API, EventManager.QueryEvents, EventFilterSpec, TaskInfo.descriptionId; the keys of the
 * tasks as TaskManager.description.methodInfo of a vCenter lists them.
 */

const REVERTED = 'com.vmware.vc.vm.VmStateRevertedToSnapshot';
const TASKS: readonly string[] = ['vm.Snapshot.revert', 'VirtualMachine.revertToCurrentSnapshot'];
/** As many as vCenter gives at once. */
const EVENTS_MAX = 1000;

/** Refusals that leave a snapshot possible, but no look at what was before it. */
const UNREADABLE_CODES: readonly string[] = [
  'vsphere.no-permission',
  'vsphere.not-supported',
  'vsphere.timed-out',
  'vsphere.failed',
];

/**
 * Looks at [since, now], by vCenter's clock. undefined: not known, because events cannot be read, or are too many; those
 * that vCenter has deleted (after 30 days, unless it is set otherwise) are not there either.
 * Errors: those of `VsphereSession.call` but a refusal of the events themselves.
 */
export async function hasReverted(
  session: VsphereSession,
  vm: ObjectRef,
  { since, ...options }: CallOptions & { readonly since: Date },
): Promise<boolean | undefined> {
  const { eventManager: target } = session.content;
  if (target === undefined) return undefined;
  const filter = structure('filter', [
    structure('entity', [reference('entity', vm), text('recursion', 'self')]),
    structure('time', [text('beginTime', since.toISOString())]),
    flag('disableFullMessage', true),
    ...texts('eventTypeId', [REVERTED, 'TaskEvent']),
    integer('maxCount', EVENTS_MAX),
  ]);
  try {
    const response = await session.call({ method: 'QueryEvents', target, parts: [filter] }, options);
    const events = children(response, 'returnval');
    if (events.some(isRevert)) return true;
    return events.length < EVENTS_MAX ? false : undefined;
  } catch (thrown) {
    if (thrown instanceof AppError && UNREADABLE_CODES.includes(thrown.code)) return undefined;
    throw thrown;
  }
}

/** A revert that failed may have gone half its way. */
function isRevert(event: XmlElement): boolean {
  if (textIn(event, 'eventTypeId') === REVERTED) return true;
  const task = descend(event, 'info', 'descriptionId')?.text ?? '';
  return typeOf(event) === 'TaskEvent' && TASKS.includes(task.replace(/^vim\./, ''));
}
