import { NameRegister } from './name-register.ts';

/**
 * Which VMs of a vCenter are known already. A VM is its instance uuid in its vCenter: not its name, which people
 * change, and not its BIOS uuid, which clones share. Pure.
 */

/** What is judged of a VM as its vCenter tells it. */
export interface FoundVm {
  /** Null where vCenter does not tell: the VM's configuration cannot be read at the moment. */
  readonly instanceUuid: string | null;
  readonly biosUuid: string | null;
  readonly name: string;
  readonly path: string;
  /** Why it cannot be added, whoever it is; null when it can. */
  readonly fault: string | null;
}

/** A VM that has a context. */
export interface KnownVm {
  readonly contextId: string;
  readonly vmName: string;
  readonly vmPath: string;
  readonly vcenterHost: string;
  /** The BIOS uuid. */
  readonly vmwareVmId: string;
  /** Null for a VM that was added by hand and never discovered. */
  readonly instanceUuid: string | null;
  readonly vcenterInstanceUuid: string | null;
}

export interface Vcenter {
  /** As its credential says. */
  readonly host: string;
  readonly instanceUuid: string;
}

export type FindingCode =
  'renamed' | 'moved' | 'name-taken' | 'duplicate-bios-uuid' | 'unidentified' | 'unreadable' | 'vcenter-changed';

/** What a person should know about a VM. */
export interface Finding {
  readonly code: FindingCode;
  readonly message: string;
}

export interface JudgedVm<V extends FoundVm> {
  readonly found: V;
  /** Its context. */
  readonly known: KnownVm | null;
  /** new: can be added. existing: has a context. problem: cannot be added as it is; the findings say why. */
  readonly state: 'new' | 'existing' | 'problem';
  readonly findings: readonly Finding[];
}

/**
 * Judges each VM of a whole inventory: a part of it would hide clones.
 * @param known every context of this vCenter, by its host or by its uuid
 */
export function judgeInventory<V extends FoundVm>(
  vcenter: Vcenter,
  found: readonly V[],
  known: readonly KnownVm[],
): JudgedVm<V>[] {
  const contextOf = matchContexts(vcenter, found, known);
  const ofBios = Map.groupBy(
    found.filter((vm) => vm.biosUuid !== null),
    (vm) => plain(vm.biosUuid),
  );
  const names = new NameRegister(vcenter.host, known);
  names.rename([...contextOf].map(([vm, context]) => ({ context, name: vm.name })));
  return found.map((vm) => {
    const context = contextOf.get(vm) ?? null;
    const clones = (ofBios.get(plain(vm.biosUuid)) ?? []).filter((other) => other !== vm);
    const findings = [...cloneFindings(clones), ...(context === null ? [] : changes(vcenter, vm, context))];
    const obstacle = obstacleOf(vm, context, names);
    if (obstacle !== undefined) findings.push(obstacle);
    const state = context === null ? (obstacle === undefined ? 'new' : 'problem') : 'existing';
    return { found: vm, known: context, state, findings };
  });
}

/** The context of each VM that has one, each context once. */
function matchContexts<V extends FoundVm>(
  vcenter: Vcenter,
  found: readonly V[],
  known: readonly KnownVm[],
): ReadonlyMap<V, KnownVm> {
  const contexts = new Map<V, KnownVm>();
  const byInstance = new Map<string, KnownVm>();
  for (const context of known.filter((one) => one.instanceUuid !== null)) {
    const key = plain(context.instanceUuid);
    // The vCenter's own uuid says more than its address, which may have been another vCenter's.
    if (!byInstance.has(key) || context.vcenterInstanceUuid === vcenter.instanceUuid) byInstance.set(key, context);
  }
  for (const vm of found) {
    const context = vm.instanceUuid === null ? undefined : byInstance.get(plain(vm.instanceUuid));
    if (context !== undefined) contexts.set(vm, context);
  }
  const unmatched = Map.groupBy(
    found.filter((vm) => !contexts.has(vm) && vm.biosUuid !== null),
    (vm) => plain(vm.biosUuid),
  );
  const byHand = known.filter(
    (context) => context.instanceUuid === null && sameHost(context.vcenterHost, vcenter.host),
  );
  for (const context of byHand) {
    const vm = onlyOne(unmatched.get(plain(context.vmwareVmId)) ?? [], context);
    if (vm !== undefined) contexts.set(vm, context);
  }
  return contexts;
}

/** Of VMs with one BIOS uuid, the one that the context means: the only one, or the only one of its name. */
function onlyOne<V extends FoundVm>(clones: readonly V[], context: KnownVm): V | undefined {
  const candidates = clones.length === 1 ? clones : clones.filter((vm) => vm.name === context.vmName);
  return candidates.length === 1 ? candidates[0] : undefined;
}

const CLONES_NAMED_MAX = 5;

function cloneFindings(clones: readonly FoundVm[]): Finding[] {
  if (clones.length === 0) return [];
  const named = clones.slice(0, CLONES_NAMED_MAX).map((vm) => vm.path);
  const more = clones.length > named.length ? ` and ${clones.length - named.length} more` : '';
  return [
    {
      code: 'duplicate-bios-uuid',
      message: `has the BIOS uuid of ${named.join(', ')}${more}; they are kept apart by their instance uuids`,
    },
  ];
}

function changes(vcenter: Vcenter, vm: FoundVm, context: KnownVm): Finding[] {
  const findings: Finding[] = [];
  if (vm.name !== context.vmName) findings.push({ code: 'renamed', message: `is known as ${context.vmName}` });
  else if (vm.path !== context.vmPath) findings.push({ code: 'moved', message: `is known at ${context.vmPath}` });
  if (context.vcenterInstanceUuid !== null && context.vcenterInstanceUuid !== vcenter.instanceUuid) {
    findings.push({
      code: 'vcenter-changed',
      message: `was known in another vCenter at ${context.vcenterHost} (${context.vcenterInstanceUuid})`,
    });
  }
  return findings;
}

function obstacleOf(vm: FoundVm, context: KnownVm | null, names: NameRegister): Finding | undefined {
  if (vm.fault !== null) return { code: 'unreadable', message: vm.fault };
  if (vm.instanceUuid === null || vm.biosUuid === null) {
    return {
      code: 'unidentified',
      message: 'vCenter does not tell its uuids: is it accessible, and its host connected?',
    };
  }
  const holder = names.holderOf(context?.vcenterHost ?? names.host, vm.name);
  if (holder === undefined || holder === context?.contextId) return undefined;
  return { code: 'name-taken', message: nameTaken(holder) };
}

export const nameTaken = (contextId: string): string =>
  `context ${contextId} protects another VM of this name: delete it if that VM is gone, or give one of the two another name`;

/** Uuids differ in case between versions of vSphere. */
const plain = (uuid: string | null): string => (uuid ?? '').toLowerCase();

/** As the unique keys of the database compare names of hosts. */
export const sameHost = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
