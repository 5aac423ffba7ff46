import { AppError } from './errors.ts';

/** For what only a bug of ours can break. Never for input, never for the answer of a foreign system. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AppError('invariant', ['internal', message]);
}
