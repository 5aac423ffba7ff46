import type { Reason } from './reason.ts';

/** How a disk is brought up to a snapshot. Each step down this list trusts less and reads more. */
export type Verdict =
  | {
      readonly mode: 'incremental';
      /** The changeId to ask with. */
      readonly since: string;
      /** Right by all that is known, but a comparison should follow soon; null when there is no such doubt. */
      readonly doubt: Reason | null;
    }
  /** Both sides are hashed whole, and what differs is copied: right whatever the target holds. */
  | { readonly mode: 'compare'; readonly reason: Reason }
  /**
   * in-use: what `*` names is copied. whole: everything is. Either way a target that is not empty is zeroed wherever
   * nothing is copied.
   */
  | { readonly mode: 'full'; readonly extents: 'in-use' | 'whole'; readonly reason: Reason }
  | { readonly mode: 'refused'; readonly reason: Reason; readonly hint: string };

/** What can be carried out. */
export type CopyVerdict = Exclude<Verdict, { readonly mode: 'refused' }>;

/**
 * The next one to try after a verdict could not be carried out, because vSphere did not answer for its changeId or
 * answered what cannot be believed (`cause`), or hashes were not to be had. Undefined when there is none: the cycle
 * fails. Why a disk was not incremental in the first place stays its reason.
 */
export function fallBack(verdict: CopyVerdict, cause: Reason): CopyVerdict | undefined {
  switch (verdict.mode) {
    case 'incremental':
      return { mode: 'compare', reason: cause };
    case 'compare':
      return { mode: 'full', extents: 'whole', reason: verdict.reason };
    case 'full':
      return verdict.extents === 'in-use' ? { ...verdict, extents: 'whole' } : undefined;
  }
}

/**
 * The generation under which the target is written, to be stored before the first write. All modes but incremental
 * leave, when they die half way, what the last commit's changeId says nothing of: the generation grows past the
 * committed one, and no later cycle believes in that changeId. It grows once, so that a later attempt resumes. To be
 * asked again when a verdict falls back.
 */
export function generationToWrite(verdict: Verdict, generations: { committed: number | null; target: number }): number {
  const { committed, target } = generations;
  return verdict.mode !== 'incremental' && committed === target ? target + 1 : target;
}
