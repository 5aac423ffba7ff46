import type { Faults, FaultOf } from './faults.ts';
import { TASK_KINDS } from './faults.ts';
import type { Session } from './sessions.ts';
import type { Value } from './wire/value.ts';
import { toVimFault, VimFault } from './wire/vim-fault.ts';
import type { VmRow } from './world.ts';

/** Tasks: one at a time on a VM, each with its delay, its progress and its end. They live in memory. */

export interface Task {
  readonly id: string;
  readonly method: string;
  readonly descriptionId: string;
  readonly vm: VmRow;
  readonly username: string;
  readonly queuedAt: string;
  state: 'queued' | 'running' | 'success' | 'error';
  isCancelled: boolean;
  /** Of the whole time that it takes before its effect; 0 to 100. */
  progress: number;
  result: Value | undefined;
  error: VimFault | undefined;
  completedAt: string | undefined;
}

export interface TaskWork {
  readonly method: string;
  readonly descriptionId: string;
  readonly vm: VmRow;
  readonly session: Session;
  /** Its effect; what it throws is how the task ends. */
  readonly run: (fault: FaultOf<'task-consolidation-needed'> | undefined) => Promise<Value | undefined>;
}

type TaskFault = FaultOf<(typeof TASK_KINDS)[number]>;

const TASKS_MAX = 10_000;

export class Tasks {
  readonly #tasks = new Map<string, Task>();
  readonly #busy = new Map<string, Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #held = new Set<() => void>();
  readonly #faults: Faults;
  readonly #delayMs: number;
  readonly #changed: () => void;
  #count = 0;
  #isClosed = false;

  constructor(parts: { faults: Faults; delayMs: number; changed: () => void }) {
    this.#faults = parts.faults;
    this.#delayMs = parts.delayMs;
    this.#changed = parts.changed;
  }

  find(id: string): Task | undefined {
    return this.#tasks.get(id);
  }

  all(): readonly Task[] {
    return [...this.#tasks.values()];
  }

  /** @throws VimFault TaskInProgress while another one works on the VM */
  start(work: TaskWork): Task {
    if (this.#busy.has(work.vm.id)) {
      throw new VimFault(
        'TaskInProgress',
        'The operation is not allowed in the current state: another task is already in progress.',
      );
    }
    this.#count += 1;
    const task: Task = {
      id: `task-${this.#count}`,
      method: work.method,
      descriptionId: work.descriptionId,
      vm: work.vm,
      username: work.session.username,
      queuedAt: new Date().toISOString(),
      state: 'running',
      isCancelled: false,
      progress: 0,
      result: undefined,
      error: undefined,
      completedAt: undefined,
    };
    this.#tasks.set(task.id, task);
    this.#forgetOld();
    void this.#occupy(work.vm.id, () => this.#perform(task, work));
    return task;
  }

  /** Work on a VM that is no task: it waits for its turn. */
  async exclusively<T>(vmId: string, work: () => Promise<T>): Promise<T> {
    while (this.#busy.has(vmId)) await this.#busy.get(vmId);
    return this.#occupy(vmId, work);
  }

  isBusy(vmId: string): boolean {
    return this.#busy.has(vmId);
  }

  /** How many wait for `release`. */
  get heldCount(): number {
    return this.#held.size;
  }

  /** Lets the tasks that a fault holds do their work. */
  release(): void {
    for (const goOn of this.#held) goOn();
    this.#held.clear();
  }

  cancel(task: Task): void {
    if (task.state === 'running') task.isCancelled = true;
  }

  /** Waits for effects that have begun; what is still to come never does, as after a crash. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all(this.#effects);
  }

  readonly #effects = new Set<Promise<unknown>>();

  async #occupy<T>(vmId: string, work: () => Promise<T>): Promise<T> {
    let release = (): void => undefined;
    this.#busy.set(vmId, new Promise((resolve) => (release = resolve)));
    try {
      return await work();
    } finally {
      this.#busy.delete(vmId);
      release();
    }
  }

  async #perform(task: Task, work: TaskWork): Promise<void> {
    const fault = this.#faults.take(task.method, TASK_KINDS);
    const delayMs = fault?.kind === 'task-delay' ? fault.ms : this.#delayMs;
    if (fault?.kind === 'task-held') await new Promise<void>((goOn) => this.#held.add(goOn));
    await this.#wait(task, fault?.kind === 'task-stuck' ? Number.POSITIVE_INFINITY : delayMs);
    const effect = this.#effect(task, { work, fault });
    this.#effects.add(effect);
    await effect;
    this.#effects.delete(effect);
  }

  async #effect(task: Task, { work, fault }: { work: TaskWork; fault: TaskFault | undefined }): Promise<void> {
    try {
      if (task.isCancelled) throw new VimFault('RequestCanceled', 'The task was canceled by a user.');
      if (fault?.kind === 'task-fault') throw injected(fault);
      task.result = await work.run(fault?.kind === 'task-consolidation-needed' ? fault : undefined);
      if (fault?.kind === 'task-fault-after-effect') throw injected(fault);
      task.state = 'success';
      task.progress = 100;
    } catch (thrown) {
      task.state = 'error';
      task.result = undefined;
      task.error = toVimFault(thrown);
    }
    task.completedAt = new Date().toISOString();
    this.#changed();
  }

  /** In steps, so that progress can be seen and a cancellation is heard. */
  async #wait(task: Task, delayMs: number): Promise<void> {
    const startedMs = performance.now();
    for (;;) {
      const elapsedMs = performance.now() - startedMs;
      if (elapsedMs >= delayMs || task.isCancelled) return;
      const progress = Math.floor((95 * elapsedMs) / delayMs);
      if (progress !== task.progress) {
        task.progress = progress;
        this.#changed();
      }
      await this.#pause(Math.min(delayMs - elapsedMs, Math.max(10, Math.min(delayMs / 10, 200))));
    }
  }

  /** Never ends once the simulator is closed. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isClosed) return;
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, ms);
      this.#timers.add(timer);
    });
  }

  #forgetOld(): void {
    for (const [id, task] of this.#tasks) {
      if (this.#tasks.size <= TASKS_MAX) return;
      if (task.completedAt !== undefined) this.#tasks.delete(id);
    }
  }
}

export function injected(fault: {
  fault: string;
  message: string;
  fields: Readonly<Record<string, string>>;
}): VimFault {
  const fields = Object.entries(fault.fields).map(([name, text]) => [
    name,
    { kind: 'scalar', type: 'xsd:string', text } as const,
  ]);
  return new VimFault(fault.fault, fault.message, Object.fromEntries(fields) as Record<string, Value>);
}
