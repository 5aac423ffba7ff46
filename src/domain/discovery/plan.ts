import { nameTaken, type FoundVm, type JudgedVm, type KnownVm, type Vcenter } from './judge.ts';
import { NameRegister } from './name-register.ts';

/** What to write for the VMs that a person chose. Pure. */

export interface Refresh<V extends FoundVm> {
  readonly found: V;
  readonly known: KnownVm;
  /** False: its new name is another context's, so it keeps its old one. */
  readonly takesName: boolean;
}

export interface Refusal<V extends FoundVm> {
  readonly found: V;
  readonly reason: string;
}

export interface Plan<V extends FoundVm> {
  /** In this order. */
  readonly add: readonly V[];
  /** Known VMs of which vCenter says something newer. */
  readonly refresh: readonly Refresh<V>[];
  readonly refuse: readonly Refusal<V>[];
}

/**
 * Known VMs first: a name that one of them has given up is free for a new one. Of new ones with one name the first is
 * added.
 */
export function planAdditions<V extends FoundVm>(
  vcenter: Vcenter,
  chosen: readonly JudgedVm<V>[],
  known: readonly KnownVm[],
): Plan<V> {
  const names = new NameRegister(vcenter.host, known);
  const existing = chosen.flatMap(({ found, known: context }) =>
    context === null || found.fault !== null ? [] : [{ found, known: context }],
  );
  const renamed = names.rename(existing.map(({ found, known: context }) => ({ context, name: found.name })));
  const refresh = existing.map((one) => ({
    ...one,
    takesName: one.found.name === one.known.vmName || renamed.has(one.known.contextId),
  }));
  const add: V[] = [];
  const refuse: Refusal<V>[] = [];
  for (const { found, known: context, findings } of chosen) {
    if (context !== null) continue;
    const reason = whyNot(found, findings) ?? takenBy(names, found);
    if (reason === undefined) {
      add.push(found);
      names.take(found.name, SAME_REQUEST);
    } else refuse.push({ found, reason });
  }
  return { add, refresh, refuse };
}

/** A name may have become free since, by what the same request does: that is asked for again. */
function whyNot(found: FoundVm, findings: JudgedVm<FoundVm>['findings']): string | undefined {
  if (found.fault !== null) return found.fault;
  return findings.find(({ code }) => code === 'unidentified')?.message;
}

const SAME_REQUEST = '';

function takenBy(names: NameRegister, found: FoundVm): string | undefined {
  const holder = names.holderOf(names.host, found.name);
  if (holder === undefined) return undefined;
  return holder === SAME_REQUEST
    ? `another VM of this name, in another folder of this vCenter, is added by the same request: a name is given once in a vCenter`
    : nameTaken(holder);
}
