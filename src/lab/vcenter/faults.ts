import { z } from 'zod';

/**
 * Failures on demand. A rule lets `after` calls of its method pass, strikes the next `times`, oldest rule first, and is
 * then used up. Those that begin with `task-` wait for the task that the method starts, those with `areas-` for an answer that they fit.
 */

const text = z.string().min(1);
const fault = { fault: text, message: z.string().default('injected'), fields: z.record(text, z.string()).default({}) };
const ms = z.int().min(0);
const kinds = z.discriminatedUnion('kind', [
  /** Answers with this fault and does nothing. */
  z.object({ kind: z.literal('fault'), ...fault }),
  /** Does its work, then answers with this fault. */
  z.object({ kind: z.literal('fault-after-effect'), ...fault }),
  /** Answers with this and does nothing: a proxy, a vCenter that is starting. */
  z.object({ kind: z.literal('http'), status: z.int(), contentType: text, body: z.string() }),
  /** Cuts the connection and does nothing. */
  z.object({ kind: z.literal('drop-before') }),
  /** Does the work, then cuts the connection: the answer is lost. */
  z.object({ kind: z.literal('drop-after') }),
  /** Waits before doing anything. */
  z.object({ kind: z.literal('delay'), ms }),
  /** The task fails and nothing has changed. */
  z.object({ kind: z.literal('task-fault'), ...fault }),
  /** The task does its work and fails all the same. */
  z.object({ kind: z.literal('task-fault-after-effect'), ...fault }),
  /** The task takes this long. */
  z.object({ kind: z.literal('task-delay'), ms }),
  /** The task runs until it is cancelled, or until the next start. */
  z.object({ kind: z.literal('task-stuck') }),
  /** The task runs until `releaseTasks`, and then does its work. */
  z.object({ kind: z.literal('task-held') }),
  /** CreateSnapshot_Task: the guest cannot be brought to rest, where that was asked for. */
  z.object({ kind: z.literal('task-quiesce-fails') }),
  /** RemoveSnapshot_Task and its like: the snapshot goes, its files stay. */
  z.object({ kind: z.literal('task-consolidation-needed') }),
  /** ShutdownGuest: the guest hears and does not obey. */
  z.object({ kind: z.literal('guest-ignores') }),
  /** An answer without areas, about the part before the first area: true, and not the end. */
  z.object({ kind: z.literal('areas-empty') }),
  /** Speaks of another interval than it was asked about. */
  z.object({ kind: z.literal('areas-misplaced') }),
  /** Two areas that overlap. */
  z.object({ kind: z.literal('areas-overlapping') }),
  /** An interval of no length. */
  z.object({ kind: z.literal('areas-short') }),
  /** An area that reaches beyond the interval. */
  z.object({ kind: z.literal('areas-outside') }),
]);

const rule = { method: text, times: z.int().positive().default(1), after: z.int().min(0).default(0) };
export const faultSchema = z.intersection(z.object(rule), kinds);

export type Fault = z.input<typeof faultSchema>;
type FaultKind = z.output<typeof kinds>['kind'];
export type FaultOf<Kind extends FaultKind> = Extract<z.output<typeof kinds>, { readonly kind: Kind }>;

type Rule = z.output<typeof faultSchema> & { left: number; passing: number };

/** Strikes at the call itself. */
export const CALL_KINDS = ['fault', 'fault-after-effect', 'http', 'drop-before', 'drop-after', 'delay'] as const;
export const TASK_KINDS = [
  'task-fault',
  'task-fault-after-effect',
  'task-delay',
  'task-stuck',
  'task-held',
  'task-consolidation-needed',
] as const;
export const AREA_KINDS = ['areas-misplaced', 'areas-overlapping', 'areas-short', 'areas-outside'] as const;

export class Faults {
  #rules: Rule[] = [];

  /** `method` is exact, or `*` for all. */
  add(rule: Fault): void {
    const parsed = faultSchema.parse(rule);
    this.#rules.push({ ...parsed, left: parsed.times, passing: parsed.after });
  }

  clear(): void {
    this.#rules = [];
  }

  /** Rules that have not been used up. */
  pending(): readonly Fault[] {
    return this.#rules.map(({ left, passing, ...rule }) => ({ ...rule, times: left, after: passing }));
  }

  /** The oldest rule of one of these kinds for the method; that is one strike of it. */
  take<Kind extends FaultKind>(method: string, kinds: readonly Kind[]): FaultOf<Kind> | undefined {
    const isOfKind = (rule: Rule): rule is Rule & FaultOf<Kind> => kinds.some((kind) => kind === rule.kind);
    const fitting = this.#rules.filter(isOfKind).filter((rule) => rule.method === method || rule.method === '*');
    const found = fitting.find(({ passing }) => passing === 0);
    for (const rule of fitting) if (rule.passing > 0) rule.passing -= 1;
    if (found === undefined) return undefined;
    found.left -= 1;
    this.#rules = this.#rules.filter((rule) => rule.left > 0);
    return found;
  }
}
