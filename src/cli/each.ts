import { AppError, toAppError } from '../base/errors.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';

/** A command on several things: each is tried, and what fails does not keep the others from being done. */

export interface Tried<T> {
  readonly name: string;
  readonly done?: T;
  readonly failed?: AppError;
}

/** One after the other, in their order; `told` hears of each as soon as it is over. Interruption ends it. */
export async function each<T>(
  names: readonly string[],
  work: (name: string) => Promise<T>,
  told: (tried: Tried<T>) => void,
): Promise<Tried<T>[]> {
  const all: Tried<T>[] = [];
  for (const name of names) {
    const tried = await tryOne(name, work);
    all.push(tried);
    told(tried);
    // Without a session, or without an API, the next one fares no better.
    if (tried.failed !== undefined && ['not-allowed', 'upstream', 'busy'].includes(tried.failed.kind)) break;
  }
  return all;
}

async function tryOne<T>(name: string, work: (name: string) => Promise<T>): Promise<Tried<T>> {
  try {
    return { name, done: await work(name) };
  } catch (error) {
    if (error instanceof AppError && error.code === 'cli.interrupted') throw error;
    return { name, failed: toAppError(error) };
  }
}

/** That of the first that failed. */
export function exitCodeOfAll(tried: readonly Tried<unknown>[]): number {
  const failed = tried.find((one) => one.failed !== undefined)?.failed;
  return failed === undefined ? EXIT.done : exitCodeOf(failed);
}
