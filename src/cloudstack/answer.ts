import type { z } from 'zod';
import { upstream, type AppError } from '../base/errors.ts';
import { SECOND } from '../base/units.ts';
import { parseEnvelope } from './envelope.ts';
import { toCloudStackError } from './errors.ts';
import type { HttpAnswer } from './transport.ts';

/** From the text of an answer to what is in it, or to the error that it is. Pure. */

/**
 * What is under the only key of the answer.
 * @throws the errors of errors.ts, and upstream `cloudstack.bad-answer`: not an answer of CloudStack.
 */
export function unwrap(command: string, answer: HttpAnswer, nowMs: number): Record<string, unknown> {
  const envelope = parseEnvelope(answer.text);
  if (envelope.kind === 'value' && answer.status === 200) return envelope.value;
  const fault = envelope.kind === 'error' ? envelope : faultOfStatus(answer);
  if (fault === undefined) throw notTheApi(command, answer);
  const serverMs = Date.parse(answer.headers.get('date') ?? '');
  throw toCloudStackError({
    command,
    errorCode: fault.errorCode ?? answer.status,
    errorText: fault.errorText,
    csErrorCode: fault.csErrorCode,
    clockSkewMs: Number.isNaN(serverMs) ? undefined : serverMs - nowMs,
    retryAfterMs: retryAfterMs(answer.headers.get('retry-after'), nowMs),
  });
}

interface Fault {
  readonly errorCode: number | undefined;
  readonly csErrorCode: number | undefined;
  readonly errorText: string;
}

/** Whoever says so, the request went no further. */
const REFUSED_BY_STATUS: ReadonlySet<number> = new Set([405, 429]);

/** Of a body that is not CloudStack's: its errors have their text in a header as well, also those in XML. */
function faultOfStatus({ status, headers }: HttpAnswer): Fault | undefined {
  const description = headers.get('x-description');
  const isFault = (status >= 400 && description !== null) || REFUSED_BY_STATUS.has(status);
  return isFault
    ? { errorCode: status, csErrorCode: undefined, errorText: description ?? `HTTP ${status}` }
    : undefined;
}

/** Seconds, or a date. */
function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const waitMs = /^\d+$/.test(header) ? Number(header) * SECOND : Date.parse(header) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}

const notTheApi = (command: string, { status, headers }: HttpAnswer): AppError =>
  upstream('cloudstack.bad-answer', `cloudstack answered ${command} with something that is not its API`, {
    // Not the text itself: error pages repeat what was sent.
    details: { command, httpStatus: status, contentType: headers.get('content-type') },
    hint: 'does the endpoint end in /client/api, and does no proxy or login page answer in its place?',
  });

/** Reads a thing of an answer leniently. @throws upstream `cloudstack.bad-answer` with the first fields that do not fit. */
export function parseAnswer<T>(schema: z.ZodType<T>, value: unknown, command: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw upstream('cloudstack.bad-answer', `cloudstack answered ${command} in a shape that this version does not know`, {
    details: { command, issues: parsed.error.issues.slice(0, 5) },
  });
}
