import { randomUUID } from 'node:crypto';
import { systemClock } from '../../base/clock.ts';
import { busy, cancelled, conflict, toAppError } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';
import { MINUTE, SECOND } from '../../base/units.ts';
import type { VsphereSession } from '../../vsphere/session.ts';
import type { ObjectRef } from '../../vsphere/soap/reference.ts';
import type { VcenterAccess } from '../contract.ts';
import type { PowerChange, PowerState } from '../vcenter-contract.ts';
import type { PowerOutcome, PowerWork } from './change-power.ts';
import { findMachine } from './find-machine.ts';
import type { Vcenters } from './vcenters.ts';

export interface PowerRequest {
  readonly kind: PowerChange['operation'];
  /** As the client called the VM. */
  readonly vm: string;
  readonly access: VcenterAccess;
  /** What tells this request from another one of the same kind: its options. */
  readonly how: string;
  readonly operationId: string | undefined;
  readonly work: (work: PowerWork) => Promise<PowerOutcome>;
}

interface Operation {
  readonly id: string;
  readonly kind: PowerChange['operation'];
  readonly vm: string;
  readonly how: string;
  readonly startedAt: Date;
  outcome: Promise<PowerChange>;
  /** Monotonic; undefined while it is under way. */
  endedMs: number | undefined;
}

/** Whoever lost the answer has asked again by then. */
const KEEP_MS = 10 * MINUTE;
const OPERATIONS_MAX = 1000;
const POLL_MS = 1 * SECOND;

/**
 * What this VMA does with the power of VMs: one operation at a time on each. An operation goes on to its end when the
 * client that asked for it goes away; whoever sends its id again gets its outcome.
 */
export class PowerOperations {
  readonly #vcenters: Vcenters;
  readonly #pollMs: number;
  readonly #operations = new Map<string, Operation>();
  /** By vCenter and reference. */
  readonly #byMachine = new Map<string, Operation>();
  readonly #stop = new AbortController();

  constructor(vcenters: Vcenters, pollMs = POLL_MS) {
    this.#vcenters = vcenters;
    this.#pollMs = pollMs;
  }

  /**
   * Begins an operation or joins it, and waits for its end, `withinMs` at most.
   * Errors: busy `power.in-progress` then; conflict `power.other-operation`, `power.operation-id-used`; busy
   * `power.too-many`; those of the work.
   */
  async change(request: PowerRequest, withinMs: number | undefined): Promise<PowerChange> {
    const operation = this.#known(request) ?? this.#begin(request);
    return withinMs === undefined ? operation.outcome : within(operation, withinMs);
  }

  /** What is under way on a VM. */
  current(session: VsphereSession, vm: ObjectRef): PowerState['operation'] {
    const operation = this.#byMachine.get(keyOf(session, vm));
    if (operation === undefined) return null;
    return { operation: operation.kind, started_at: operation.startedAt.toISOString() };
  }

  /** Waits no longer for guests; what vCenter was asked for stays asked. */
  async close(): Promise<void> {
    this.#stop.abort(cancelled('power.vma-stopping', 'this VMA stops; what the guest was asked for stays asked'));
    await Promise.allSettled([...this.#operations.values()].map(({ outcome }) => outcome));
  }

  #known({ operationId, kind, vm }: PowerRequest): Operation | undefined {
    const known = operationId === undefined ? undefined : this.#operations.get(operationId);
    if (known === undefined || (known.kind === kind && known.vm === vm)) return known;
    throw conflict('power.operation-id-used', 'this operation_id belongs to another operation', {
      hint: 'take a new one for each operation',
    });
  }

  #begin(request: PowerRequest): Operation {
    this.#forget();
    if (this.#operations.size >= OPERATIONS_MAX) {
      throw busy('power.too-many', `${OPERATIONS_MAX} power operations are under way or have just ended`);
    }
    const id = request.operationId ?? randomUUID();
    const { kind, vm, how } = request;
    const operation: Operation = {
      id,
      kind,
      vm,
      how,
      startedAt: new Date(systemClock.now()),
      outcome: Promise.race([]),
      endedMs: undefined,
    };
    this.#operations.set(id, operation);
    operation.outcome = this.#run(operation, request).finally(() => {
      operation.endedMs = systemClock.monotonic();
    });
    // Perhaps nobody waits for it any more.
    operation.outcome.catch(() => undefined);
    return operation;
  }

  #forget(): void {
    const oldestMs = systemClock.monotonic() - KEEP_MS;
    for (const [id, { endedMs }] of this.#operations) {
      if (endedMs !== undefined && endedMs < oldestMs) this.#operations.delete(id);
    }
  }

  #run(operation: Operation, { access, work }: PowerRequest): Promise<PowerChange> {
    const { signal } = this.#stop;
    const run = async (session: VsphereSession): Promise<PowerChange> => {
      const vm = await findMachine(session, operation.vm, { signal });
      const key = keyOf(session, vm);
      const other = this.#byMachine.get(key);
      if (other !== undefined) return joined(other, operation);
      this.#byMachine.set(key, operation);
      try {
        return await this.#logged(operation, vm, () => work({ session, vm, pollMs: this.#pollMs, signal }));
      } finally {
        this.#byMachine.delete(key);
      }
    };
    return this.#vcenters.use(access, run, { signal });
  }

  async #logged(operation: Operation, vm: ObjectRef, work: () => Promise<PowerOutcome>): Promise<PowerChange> {
    const { id: operationId, kind, how } = operation;
    const about = { operationId, operation: kind, vm: operation.vm, ref: vm.id };
    const startedMs = systemClock.monotonic();
    const durationMs = (): number => Math.round(systemClock.monotonic() - startedMs);
    vmaLog.info({ ...about, how }, 'power operation begins');
    try {
      const done = await work();
      vmaLog.info({ ...about, newState: done.new_state, durationMs: durationMs() }, 'power operation ended');
      return {
        success: true,
        vm_id: operation.vm,
        operation: kind,
        ...done,
        duration_seconds: durationMs() / SECOND,
        timestamp: new Date(systemClock.now()).toISOString(),
      };
    } catch (thrown) {
      vmaLog.warn({ ...about, err: toAppError(thrown), durationMs: durationMs() }, 'power operation failed');
      throw thrown;
    }
  }
}

/** The same was asked for by somebody else: one outcome for both. */
async function joined(other: Operation, mine: Operation): Promise<PowerChange> {
  if (other.kind === mine.kind && other.how === mine.how) return { ...(await other.outcome), vm_id: mine.vm };
  throw conflict('power.other-operation', `a ${other.kind} of this VM is under way`, {
    details: { operation: other.kind, started_at: other.startedAt.toISOString(), how: other.how },
    hint: `it was asked for with ${other.how}: wait for its end; power-state shows it`,
  });
}

const keyOf = ({ content }: VsphereSession, vm: ObjectRef): string => `${content.about.instanceUuid} ${vm.id}`;

async function within({ outcome, kind, id }: Operation, ms: number): Promise<PowerChange> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        busy('power.in-progress', `the ${kind} is under way`, {
          details: { operation_id: id },
          hint: 'send the same request with the same operation_id again to wait for it',
        }),
      );
    }, ms);
  });
  try {
    return await Promise.race([outcome, late]);
  } finally {
    clearTimeout(timer);
  }
}
