import { conflict, precondition, type AppError } from '../base/errors.ts';
import { messageOf, systemCode } from './thrown.ts';

/** What can be wrong with the file behind --checkpoint. Details hold its path. */

export const unreadable = (path: string, why: string): AppError =>
  conflict('copy.checkpoint-unreadable', `cannot use the checkpoint ${path}: ${why}`, {
    hint: 'name another file, or remove this one to start again',
    details: { path },
  });

export const foreign = (path: string, why: { message: string; hint: string; details: object }): AppError =>
  conflict('copy.checkpoint-foreign', `the checkpoint ${path} ${why.message}`, {
    hint: why.hint,
    details: { path, ...why.details },
  });

export const inUse = (path: string, file: string): AppError =>
  conflict('copy.checkpoint-in-use', `another copy works with the checkpoint ${path}`, {
    hint: `wait for its end, or give each copy a checkpoint of its own; ${file} names its process`,
    details: { path, file },
  });

/** What a system call failed with, as copy.checkpoint-unsaved; anything else as it is. */
export function unsaved(path: string, cause: unknown): unknown {
  const code = systemCode(cause);
  if (!/^E[A-Z]/.test(code)) return cause;
  const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
  const hint = isMissing ? 'its folder must exist' : HINTS[code];
  return precondition('copy.checkpoint-unsaved', `cannot save the checkpoint ${path}: ${messageOf(cause)}`, {
    cause,
    hint: hint ?? 'name a file on a disk that can be written',
    details: { path },
  });
}

const FULL = 'free space there and start the same copy again: it resumes from what was saved before';
const HINTS: Readonly<Record<string, string>> = { ENOSPC: FULL, EDQUOT: FULL, EFBIG: FULL };
