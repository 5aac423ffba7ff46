import type { AppError } from '../../base/errors.ts';
import { isMissingReference } from '../../db/errors.ts';

/** For a job of a VM that may be forgotten between the look at it and the row of the job: then it is unknown. */
export function orForgotten(unknown: () => AppError): (thrown: unknown) => never {
  return (thrown) => {
    throw isMissingReference(thrown) ? unknown() : thrown;
  };
}
