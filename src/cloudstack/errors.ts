import { AppError } from '../base/errors.ts';
import { BY_CODE, BY_TEXT, UNKNOWN, type Refusal } from './refusals.ts';

/** What CloudStack refuses, as our errors: by the table in refusals.ts. */

export interface CloudStackFault {
  readonly command: string;
  /** `errorcode` of the answer or of the job's result; undefined when a very old server gave only a text. */
  readonly errorCode: number | undefined;
  readonly errorText: string;
  readonly csErrorCode?: number | undefined;
  readonly asyncJobId?: string | undefined;
  /** Server clock minus ours, from the Date header. */
  readonly clockSkewMs?: number | undefined;
  /** What the server asks to wait, from the Retry-After header. */
  readonly retryAfterMs?: number | undefined;
}

/** Codes under which a state or a parameter is refused. */
const REFUSALS: ReadonlySet<number | undefined> = new Set([undefined, 430, 431, 530]);

/** A clock that is off by more than this can be why a signature with an expiry is refused. */
const SUSPICIOUS_SKEW_MS = 60_000;

/** Some texts hold a whole stack trace. */
const TEXT_LENGTH_MAX = 500;

/** The AppError for a refusal: `details` has command, errorCode, errorText, the async job, and what to wait. */
export function toCloudStackError(fault: CloudStackFault): AppError {
  const row = rowFor(fault);
  const { code, kind, retry } = row;
  const errorText = fault.errorText.slice(0, TEXT_LENGTH_MAX);
  return new AppError(kind, [code, `cloudstack refused ${fault.command}: ${errorText}`], {
    retry,
    hint: hintFor(row, fault),
    details: {
      command: fault.command,
      errorCode: fault.errorCode,
      csErrorCode: fault.csErrorCode,
      errorText,
      asyncJobId: fault.asyncJobId,
      retryAfterMs: fault.retryAfterMs,
    },
  });
}

function rowFor(fault: CloudStackFault): Refusal {
  if (REFUSALS.has(fault.errorCode)) {
    const byText = BY_TEXT.find((row) => row.text.test(fault.errorText));
    if (byText !== undefined) return byText;
  }
  return (fault.errorCode === undefined ? undefined : BY_CODE[fault.errorCode]) ?? UNKNOWN;
}

function hintFor(row: Refusal, fault: CloudStackFault): string | undefined {
  const skewMs = fault.clockSkewMs ?? 0;
  if (fault.errorCode !== 401 || Math.abs(skewMs) < SUSPICIOUS_SKEW_MS) return row.hint;
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  return `the clock of CloudStack is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} ours: set both by NTP`;
}

/** True for answers after which the call may or may not have had its effect: look at the state, then decide. */
export function mayHaveActed(error: AppError): boolean {
  return MAY_HAVE_ACTED.has(error.code);
}

const MAY_HAVE_ACTED: ReadonlySet<string> = new Set([
  'cloudstack.unreachable',
  'cloudstack.bad-answer',
  'cloudstack.internal',
  'cloudstack.failed',
  'cloudstack.job-cancelled',
  'cloudstack.job-gone',
  'cloudstack.job-timeout',
  'cloudstack.job-unseen',
  'cloudstack.resource-unavailable',
  'cloudstack.resource-in-use',
]);
