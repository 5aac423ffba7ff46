import { child, children, integerIn, needTime, textIn } from '../../../vsphere/soap/read.ts';
import { vmRef } from '../objects/virtual-machine.ts';
import type { Vcenter } from '../vcenter.ts';
import { int, list, maybe, oneOf, reference, structure, subclass, text, time, type Structure } from '../wire/value.ts';
import { objectNotFound } from '../wire/vim-fault.ts';
import type { EventRow } from '../world.ts';
import { inSession, type Call, type Methods } from './method.ts';

/** Tasks and events. Source: vSphere Web Services API, Task and EventManager. */

interface Wanted {
  readonly vm: string | undefined;
  readonly types: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly max: number;
}

/** vCenter gives no more than this at once. */
const EVENTS_MAX = 1_000;

function wantedEvents({ args }: Call): Wanted {
  const filter = child(args, 'filter');
  const period = child(filter, 'time');
  const moment = (name: string, otherwise: number): number =>
    period === undefined || child(period, name) === undefined ? otherwise : needTime(period, name).getTime();
  return {
    vm: textIn(child(filter, 'entity'), 'entity'),
    types: [...children(filter, 'eventTypeId'), ...children(filter, 'type')].map((type) => type.text),
    fromMs: moment('beginTime', Number.NEGATIVE_INFINITY),
    toMs: moment('endTime', Number.POSITIVE_INFINITY),
    max: Math.min(integerIn(filter, 'maxCount') ?? EVENTS_MAX, EVENTS_MAX),
  };
}

/** The latest ones that fit, the newest last. */
function queryEvents(call: Call): Structure[] {
  const { vm, types, fromMs, toMs, max } = wantedEvents(call);
  const fitting = call.vcenter.world.events.filter((event) => {
    const atMs = Date.parse(event.createdAt);
    const isOfType = types.length === 0 || types.some((type) => isCalled(event, type));
    return isOfType && (vm === undefined || event.vm === vm) && atMs >= fromMs && atMs <= toMs;
  });
  return fitting.slice(-max).map((event) => presentEvent(call.vcenter, event));
}

function presentEvent(vcenter: Vcenter, event: EventRow): Structure {
  const vm = vcenter.world.vms.get(event.vm);
  const ref = { type: 'VirtualMachine', id: event.vm };
  return subclass(event.type, {
    key: int(event.key),
    chainId: int(event.key),
    createdTime: time(event.createdAt),
    userName: text(event.username),
    vm: structure('VmEventArgument', { name: text(vm?.name ?? ''), vm: reference(vm === undefined ? ref : vmRef(vm)) }),
    fullFormattedMessage: text(event.message),
    eventTypeId: maybe(text, event.typeId),
    info: event.descriptionId === null ? undefined : taskIn(event, event.descriptionId),
  });
}

const isCalled = ({ type, typeId }: EventRow, wanted: string): boolean =>
  wanted === typeId || wanted.replace(/^vim\.event\./, '') === type;

/** The task as it was when it was accepted. */
function taskIn(event: EventRow, descriptionId: string): Structure {
  return structure('TaskInfo', {
    key: text(`task-${event.key}`),
    task: reference({ type: 'Task', id: `task-${event.key}` }),
    name: text(event.message.replace(/^Task: /, '')),
    descriptionId: text(descriptionId),
    entity: reference({ type: 'VirtualMachine', id: event.vm }),
    state: oneOf('TaskInfoState', 'queued'),
    cancelled: { kind: 'scalar', type: 'xsd:boolean', text: 'false' },
    cancelable: { kind: 'scalar', type: 'xsd:boolean', text: 'false' },
    queueTime: time(event.createdAt),
    eventChainId: int(event.key),
  });
}

export const taskMethods: Methods = {
  CancelTask: inSession(({ vcenter, target }) => {
    const task = vcenter.tasks.find(target.id);
    if (task === undefined) throw objectNotFound(target);
    vcenter.tasks.cancel(task);
    return undefined;
  }),
  QueryEvents: inSession((call) => list('Event', queryEvents(call))),
};
