import { z } from 'zod';

/**
 * Failures on demand. A rule lets `after` calls of its command pass, strikes the next `times`, oldest rule first, and is
 * then used up. A test that must not go on before a fault has done its work waits for it in `struck`.
 */

const text = z.string().min(1);
const forCall = z.discriminatedUnion('kind', [
  /** Answers with this error and does nothing. */
  z.object({ kind: z.literal('error'), errorCode: z.int(), errorText: text }),
  /** Answers with this body and does nothing: a proxy, a login page, another version. */
  z.object({ kind: z.literal('http'), status: z.int(), contentType: text, body: z.string() }),
  /** Cuts the connection and does nothing. */
  z.object({ kind: z.literal('drop-before') }),
  /** Does the work, then cuts the connection: the answer is lost. */
  z.object({ kind: z.literal('drop-after') }),
  /** Waits before doing anything. */
  z.object({ kind: z.literal('delay'), ms: z.int().min(0) }),
]);
const forJob = z.discriminatedUnion('kind', [
  /** The job fails and nothing has changed. */
  z.object({ kind: z.literal('job-error'), errorCode: z.int(), errorText: text }),
  /** The job does its work and fails all the same. */
  z.object({ kind: z.literal('job-error-after-effect'), errorCode: z.int(), errorText: text }),
  /** The job does its work and is forgotten: queries get 431. */
  z.object({ kind: z.literal('job-forgotten') }),
  /** The job stays in progress until the next restart. */
  z.object({ kind: z.literal('job-stuck') }),
  /** The job takes this long. */
  z.object({ kind: z.literal('job-delay'), ms: z.int().min(0) }),
  /** The job waits, its states showing, until `releaseJobs`, and then does its work. */
  z.object({ kind: z.literal('job-held') }),
]);
const rule = { command: text, times: z.int().positive().default(1), after: z.int().min(0).default(0) };

export const faultSchema = z.union([z.intersection(z.object(rule), forCall), z.intersection(z.object(rule), forJob)]);

export type Fault = z.input<typeof faultSchema>;
export type CallFault = z.output<typeof forCall>;
export type JobFault = z.output<typeof forJob>;

type Rule = z.output<typeof faultSchema> & { left: number; passing: number };

const isForJob = (fault: CallFault | JobFault): fault is JobFault => fault.kind.startsWith('job-');

/** A fault that has had its whole effect: the connection is cut, the job has ended, or waits for ever. */
export interface Strike {
  readonly command: string;
  readonly kind: Fault['kind'];
}

/** So many strikes are remembered. */
const STRIKES_KEPT = 1000;

export class Faults {
  #rules: Rule[] = [];
  readonly #struck: Strike[] = [];

  /** `command` is exact, or `*` for all. */
  add(fault: Fault): void {
    const parsed = faultSchema.parse(fault);
    this.#rules.push({ ...parsed, left: parsed.times, passing: parsed.after });
  }

  clear(): void {
    this.#rules = [];
  }

  /** Rules that have not been used up. */
  pending(): readonly Fault[] {
    return this.#rules.map(({ left, passing, ...fault }) => ({ ...fault, times: left, after: passing }));
  }

  /** What has struck since the start, oldest first. */
  struck(): readonly Strike[] {
    return [...this.#struck];
  }

  /** Called by the server when a fault that it took has had its effect. */
  note(command: string, fault: CallFault | JobFault | undefined): void {
    if (fault === undefined) return;
    this.#struck.push({ command, kind: fault.kind });
    if (this.#struck.length > STRIKES_KEPT) this.#struck.shift();
  }

  takeForCall(command: string): CallFault | undefined {
    const fault = this.#take(command, (rule) => !isForJob(rule));
    return fault === undefined || isForJob(fault) ? undefined : fault;
  }

  takeForJob(command: string): JobFault | undefined {
    const fault = this.#take(command, isForJob);
    return fault !== undefined && isForJob(fault) ? fault : undefined;
  }

  #take(command: string, fits: (rule: Rule) => boolean): Rule | undefined {
    const fitting = this.#rules.filter((rule) => (rule.command === command || rule.command === '*') && fits(rule));
    const found = fitting.find(({ passing }) => passing === 0);
    for (const rule of fitting) if (rule.passing > 0) rule.passing -= 1;
    if (found === undefined) return undefined;
    found.left -= 1;
    this.#rules = this.#rules.filter((rule) => rule.left > 0);
    return found;
  }
}
