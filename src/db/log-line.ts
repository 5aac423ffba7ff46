import type { LogLevel } from './stores/log-event-store.ts';

/** A line of this process's log as a row of log_events. Pure. */

export interface LogLine {
  readonly jobId: string;
  readonly level: LogLevel;
  readonly message: string;
  /** JSON text. */
  readonly attrs: string;
  readonly ts: Date;
}

const LEVELS: Readonly<Record<string, LogLevel>> = { info: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'ERROR' };
const MESSAGE_CHARACTERS_MAX = 1_000;
const VALUE_CHARACTERS_MAX = 500;
const ATTRS_CHARACTERS_MAX = 4_000;
/** What the row has columns for, or what says nothing outside of the process. */
const LEFT_OUT: ReadonlySet<string> = new Set(['level', 'time', 'pid', 'msg', 'jobId', 'err']);

/** @param text one line as base/logger.ts writes it. Undefined when it is not one about a job. */
export function logLineOf(text: string): LogLine | undefined {
  const line = JSON.parse(text) as Record<string, unknown>;
  const { jobId, level, msg, time } = line;
  const known = LEVELS[String(level)];
  if (typeof jobId !== 'string' || known === undefined) return undefined;
  return {
    jobId,
    level: known,
    message: (typeof msg === 'string' ? msg : '').slice(0, MESSAGE_CHARACTERS_MAX),
    attrs: attrsOf(line),
    ts: new Date(typeof time === 'string' ? time : Date.now()),
  };
}

function attrsOf(line: Readonly<Record<string, unknown>>): string {
  const facts: Record<string, unknown> = { ...errorFacts(line['err']) };
  for (const [name, value] of Object.entries(line)) {
    if (!LEFT_OUT.has(name)) facts[snakeCase(name)] = shortened(value);
  }
  const all = JSON.stringify(facts);
  if (all.length <= ATTRS_CHARACTERS_MAX) return all;
  const scalars = Object.entries(facts).filter(([, value]) => typeof value !== 'object');
  const few = JSON.stringify({ ...Object.fromEntries(scalars), shortened: true });
  return few.length <= ATTRS_CHARACTERS_MAX ? few : JSON.stringify({ shortened: true });
}

/** Of an error people need code, words and hint; the stack stays in the log of the process. */
function errorFacts(error: unknown): Record<string, unknown> {
  if (typeof error !== 'object' || error === null) return {};
  const facts = { ...error } as Record<string, unknown>;
  return { code: facts['code'], error: shortened(facts['message']), hint: shortened(facts['hint']) };
}

const shortened = (value: unknown): unknown =>
  typeof value === 'string' && value.length > VALUE_CHARACTERS_MAX
    ? `${value.slice(0, VALUE_CHARACTERS_MAX)}...`
    : value;

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
