import { AppError, upstream } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import type { Refusal } from '../route.ts';

/**
 * What goes wrong between the API and a CloudStack, as clients of the API are told it. What a client can tell apart and
 * act upon keeps its code; everything else is one code.
 */
export const CLOUD_REFUSALS: readonly Refusal[] = [
  { status: 401, codes: ['cloudstack.unauthorized'] },
  { status: 403, codes: ['cloudstack.forbidden', 'cloudstack.second-factor'] },
  {
    status: 503,
    codes: [
      'cloudstack.unreachable',
      'cloudstack.bad-answer',
      'cloudstack.maintenance',
      'cloudstack.rate-limited',
      'cloudstack.failed',
    ],
  },
];

/** Of routes that ask the cloud of a stored configuration. */
export const STORED_CLOUD_REFUSALS: readonly Refusal[] = [
  {
    status: 422,
    codes: ['ossea-config.missing', 'ossea-config.ambiguous', 'secret.no-key', 'secret.other-key', 'secret.damaged'],
  },
];

/** How long an answer may take that asks a CloudStack: CloudStack itself, and the database what all answers have. */
export const THROUGH_CLOUD_MS = 24 * SECOND;

const STATUS_OF: ReadonlyMap<string, number> = new Map(
  CLOUD_REFUSALS.flatMap(({ status, codes }) => codes.map((code) => [code, status] as const)),
);

/** Errors of this API, about what CloudStack showed. */
const OURS: ReadonlySet<string> = new Set(['cloudstack.domain-unknown']);

/** What the client of CloudStack threw, in the words of CLOUD_REFUSALS; anything else as it is. */
export function told(thrown: unknown): unknown {
  if (!(thrown instanceof AppError) || !thrown.code.startsWith('cloudstack.') || OURS.has(thrown.code)) return thrown;
  const { kind, code, message, details } = thrown;
  const status = STATUS_OF.get(code);
  const hint = thrown.hint ?? 'the log of the management server says more, under the same time';
  if (status === undefined) return upstream('cloudstack.failed', `${message} (${code})`, { cause: thrown, hint });
  return new AppError(kind, [code, message], { hint, details: { ...details, status }, cause: thrown });
}
