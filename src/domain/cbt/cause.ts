import { type Reason, reasonOf } from './reason.ts';

/** What an error says about the way that a disk was to be copied. */

interface Failure {
  readonly code: string;
  readonly message: string;
}

/** vSphere was asked and has no answer for this changeId, or one that breaks the rules. */
const REFUSALS = new Set([
  'vma.areas-invalid',
  'vsphere.file-fault',
  'vsphere.invalid-argument',
  'vsphere.not-supported',
  'areas.no-change-id',
]);

/**
 * Why the areas of a disk cannot be had from vSphere, for `fallBack`; undefined for an error that says nothing about
 * them: a VMA or a vCenter that is away, or refuses the account, knows as much when it is there again, and a copy of
 * everything would be no answer to it.
 */
export function causeInAreas(failure: Failure): Reason | undefined {
  if (failure.code.startsWith('cbt.areas-')) return { code: failure.code, text: failure.message };
  if (!REFUSALS.has(failure.code)) return undefined;
  return {
    code: reasonOf('cbt.areas-refused').code,
    text: `${reasonOf('cbt.areas-refused').text}: ${failure.message}`,
  };
}

/** The snapshot is no longer there: a new one has the same changes, and more. */
export const isSnapshotGone = ({ code }: Failure): boolean => code === 'vsphere.not-found';

/**
 * Whether an error says that a far side is away, or that the session or the export is not ours any more: another attempt
 * may find it again. Of hashes everything else counts as not to be had.
 */
export function isAway({ code }: Failure): boolean {
  return /\.(unreachable|cut-off)$/.test(code) || /^(session|source|export|hashes|job)\./.test(code);
}
