import { z } from 'zod';
import { AppError, upstream, type ErrorKind } from '../../base/errors.ts';

/** Problem documents of the API, turned back into the error that they were made from: the one place for it. */

const ProblemDocument = z.object({
  detail: z.string(),
  code: z.string(),
  hint: z.string().optional(),
  request_id: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

export interface RefusedAt {
  readonly url: string;
  readonly status: number;
}

/** `body` is what the API answered with. Details: status, request_id, errors (one per bad field). */
export function errorOfProblem(body: unknown, at: RefusedAt): AppError {
  const problem = ProblemDocument.safeParse(body);
  if (!problem.success) {
    return upstream('api.bad-answer', `${at.url} answered ${at.status} without saying why`, {
      details: { ...at },
      hint: 'is this the address of the MigrateKit API? It ends in /api/v1',
    });
  }
  const { code, detail, request_id, errors = [] } = problem.data;
  return new AppError(kindOf(at.status, code), [code, detail], {
    hint: hintOf(code, detail) ?? problem.data.hint,
    details: { ...at, request_id, errors },
  });
}

const SIGN_IN = 'run: migratekit login';

/** Where the API's advice is for people who write requests themselves. */
const HINTS: Readonly<Record<string, string>> = {
  'auth.required': SIGN_IN,
  'auth.expired': SIGN_IN,
  'auth.bad-token': SIGN_IN,
  'route.unknown': 'is this the address of the MigrateKit API, and of the same version?',
  'job.unknown': 'migratekit jobs lists them',
  'replication.unknown': 'migratekit jobs lists them',
  'context.unknown': 'migratekit vms lists them',
  'context.unknown-name': 'migratekit vms lists them; migratekit vms add adds one',
  'context.ambiguous': 'add --vcenter HOST, or use the id of the context',
  'network-mapping.shared-destination':
    'a test VM beside the live one takes its address and name: choose another network, or add --force',
};

function hintOf(code: string, detail: string): string | undefined {
  if (code === 'context.busy') return busyHint(detail);
  return IN_THE_WAY.has(code) ? failedOverHint(detail) : HINTS[code];
}

/** Refused because of a failover: the message names the status of the VM. */
const IN_THE_WAY: ReadonlySet<string> = new Set([
  'failover.not-allowed',
  'replication.not-allowed',
  'replication.failed-over',
  'context.failed-over',
]);

/** Undefined: the API's own advice is as good. */
function failedOverHint(detail: string): string | undefined {
  if (detail.includes('failed_over_test')) return 'end the test failover first: migratekit rollback VM';
  if (detail.includes('failed_over_live')) {
    return 'decide about its live failover first: migratekit commit VM keeps it, migratekit rollback VM goes back';
  }
  if (!detail.includes('cleanup_required')) return undefined;
  return 'migratekit failovers VM says what is left; see to that, then: migratekit rollback VM --cleanup-failed';
}

/** The message names the job that has the VM; replications and failovers can be cancelled, by their prefix. */
function busyHint(detail: string): string {
  const job = /\b[a-z]+-\d{8}-\d{6}\.\d{3}-[0-9a-f]{6}\b/.exec(detail)?.[0] ?? 'ID';
  const wait = `wait for it to end: migratekit job ${job} --follow`;
  return job === 'ID' || /^(job|failover)-/.test(job) ? `${wait}; or cancel it: migratekit cancel ${job}` : wait;
}

const KINDS: Readonly<Record<number, ErrorKind>> = {
  400: 'invalid-request',
  401: 'not-allowed',
  403: 'not-allowed',
  404: 'not-found',
  409: 'conflict',
  412: 'conflict',
  413: 'invalid-request',
  422: 'precondition',
  428: 'precondition',
  429: 'busy',
};

/** A failure of the API itself is its failure, not one of this program; and so is what it does not know. */
function kindOf(status: number, code: string): ErrorKind {
  return code === 'internal' || code === 'route.unknown' ? 'upstream' : (KINDS[status] ?? 'upstream');
}
