/** What the examples of refusals have in common. */

export const JOB = 'job-20260114-093000.123-a1b2c3';
export const CONTEXT = 'ctx-web01-20260101-120000';

type Detailed<T> = { readonly details: T };

/** One field of the request that does not fit. */
export const field = (
  path: string,
  message: string,
): Detailed<{ readonly errors: readonly { readonly path: string; readonly message: string }[] }> => ({
  details: { errors: [{ path, message }] },
});

/** Another status than that of the kind of the error. */
export const status = (value: number): Detailed<{ readonly status: number }> => ({ details: { status: value } });
