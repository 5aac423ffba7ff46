import type { TaskWork } from '../tasks.ts';
import { reference, type Value } from '../wire/value.ts';
import type { Call } from './method.ts';

/** Accepts the work; that it was asked for is an event of the VM, as everything that people look back on. */
export function startTask(call: Call, work: Omit<TaskWork, 'method' | 'session'>): Value {
  const { vcenter, session, method } = call;
  const task = vcenter.tasks.start({ ...work, method, session });
  vcenter.record({
    type: 'TaskEvent',
    typeId: null,
    vm: work.vm.id,
    message: `Task: ${method.replace(/_Task$/, '')}`,
    descriptionId: work.descriptionId,
    username: session.username,
  });
  return reference({ type: 'Task', id: task.id });
}
