import type { AppError, ErrorKind } from '../base/errors.ts';

/** What the operator's commands tell a script; the same table is in `--help` and docs/cli.md. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notSignedIn: 3,
  notFound: 4,
  conflict: 5,
  unreachable: 6,
  interrupted: 130,
} as const;

export const EXIT_CODES_HELP = `exit status:
  0    done
  1    the request was refused, or the job that was followed did not complete
  2    wrong usage
  3    not signed in
  4    not found, or a name that more than one VM has
  5    conflict: another job works on the VM, or its state does not allow this
  6    the API, or something that it needs, does not answer: try again later
  130  interrupted; a job that was followed goes on`;

const OF_CODE: Readonly<Record<string, number>> = {
  'context.ambiguous': EXIT.notFound,
  'cli.interrupted': EXIT.interrupted,
  // It is the vCenter that does not let the stored account in; the person is signed in well.
  'vsphere.invalid-login': EXIT.failed,
  'vsphere.no-permission': EXIT.failed,
};

const OF_KIND: Record<ErrorKind, number> = {
  'invalid-request': EXIT.usage,
  'not-allowed': EXIT.notSignedIn,
  'not-found': EXIT.notFound,
  conflict: EXIT.conflict,
  precondition: EXIT.failed,
  busy: EXIT.unreachable,
  upstream: EXIT.unreachable,
  cancelled: EXIT.failed,
  invariant: EXIT.failed,
};

export const exitCodeOf = (error: AppError): number => OF_CODE[error.code] ?? OF_KIND[error.kind];
