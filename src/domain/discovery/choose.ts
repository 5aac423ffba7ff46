import type { FoundVm, JudgedVm } from './judge.ts';

/** Which VMs of an inventory a person means. Pure. */

export interface Choice<V extends FoundVm> {
  /** Each once, in the order of the inventory. */
  readonly chosen: readonly JudgedVm<V>[];
  /** What was asked for and cannot be chosen, and why. */
  readonly missed: readonly { readonly wanted: string; readonly reason: string; readonly isUnknown: boolean }[];
}

/** VMs whose name holds `filter`, in upper or lower case; all of them without it. */
export function filterByName<V extends FoundVm>(
  vms: readonly JudgedVm<V>[],
  filter: string | undefined,
): readonly JudgedVm<V>[] {
  const part = filter?.toLowerCase() ?? '';
  return vms.filter(({ found }) => found.name.toLowerCase().includes(part));
}

/**
 * By name, by inventory path (begins with a slash) or by instance uuid. A name that several VMs have chooses none of
 * them: which one is meant is for a person to say.
 */
export function chooseVms<V extends FoundVm>(vms: readonly JudgedVm<V>[], wanted: readonly string[]): Choice<V> {
  const byName = Map.groupBy(vms, ({ found }) => found.name);
  const byPath = Map.groupBy(vms, ({ found }) => found.path);
  const byUuid = Map.groupBy(vms, ({ found }) => found.instanceUuid?.toLowerCase() ?? '');
  const chosen = new Set<JudgedVm<V>>();
  const missed: Choice<V>['missed'][number][] = [];
  for (const text of new Set(wanted)) {
    const meant = byPath.get(text) ?? byName.get(text) ?? byUuid.get(text.toLowerCase()) ?? [];
    const [only, ...others] = meant;
    if (only === undefined) {
      missed.push({ wanted: text, reason: `vCenter shows no VM called ${text}`, isUnknown: true });
    } else if (others.length > 0) {
      const paths = meant.map(({ found }) => found.path).join(', ');
      const reason = `${meant.length} VMs are called ${text}: give the path or the instance uuid of one of ${paths}`;
      missed.push({ wanted: text, reason, isUnknown: false });
    } else chosen.add(only);
  }
  return { chosen: vms.filter((vm) => chosen.has(vm)), missed };
}
