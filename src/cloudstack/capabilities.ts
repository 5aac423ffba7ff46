import { z } from 'zod';
import { MINUTE } from '../base/units.ts';
import { parseAnswer } from './answer.ts';
import type { CallOptions, CloudStackClient } from './client.ts';
import { lenientBoolean, lenientString } from './fields.ts';
import { ifPermitted } from './permitted.ts';
import { list, read } from './read.ts';

/** What the server is and can do. What is not known counts as not there. */

export interface Capabilities {
  /** e.g. 4.19.1.0 */
  readonly version: string;
  /** Whether ordinary users may see volumes that were destroyed and not yet expunged. */
  readonly usersMayRecover: boolean | undefined;
  /** Whether volumes of running VMs may be snapshot (`kvm.snapshot.enabled`). */
  readonly runningSnapshots: boolean | undefined;
}

const capabilitySchema = z.object({
  capability: z.object({
    cloudstackversion: lenientString,
    allowuserexpungerecovervolume: lenientBoolean,
    kvmsnapshotenabled: lenientBoolean,
  }),
});

/** What the server is; the cheapest call that proves endpoint, keys and clocks. */
export async function getCapabilities(client: CloudStackClient, options: CallOptions = {}): Promise<Capabilities> {
  const answer = await read(client, 'listCapabilities', { parameters: {}, ...options });
  const { capability } = parseAnswer(capabilitySchema, answer, 'listCapabilities');
  return {
    version: capability.cloudstackversion ?? 'unknown',
    usersMayRecover: capability.allowuserexpungerecovervolume,
    runningSnapshots: capability.kvmsnapshotenabled,
  };
}

interface Gate {
  /** First version that has it, e.g. [4, 19, 1]. */
  readonly since: readonly number[];
  /** Where the commands of the server can be listed they decide, and not the version. */
  readonly command?: string;
  readonly parameter?: string;
}

/** Source: API changes in the release notes of Apache CloudStack 4.19 to 4.22. */
const GATES = {
  /** Makes a file on primary storage a volume. */
  'import-volume': { since: [4, 19, 1], command: 'importVolume' },
  'unmanage-volume': { since: [4, 19, 1], command: 'unmanageVolume' },
  /** From KVM hosts elsewhere, or from files on local or shared storage. */
  'import-vm': { since: [4, 19], command: 'importVm' },
  'import-vm-by-vddk': { since: [4, 22], command: 'importVm', parameter: 'usevddk' },
  'deploy-from-volume': { since: [4, 21], command: 'deployVirtualMachine', parameter: 'volumeid' },
  'deploy-from-snapshot': { since: [4, 21], command: 'deployVirtualMachine', parameter: 'snapshotid' },
  /** `enforce.post.requests.and.timestamps` exists; whether it is on shows in a 405. */
  'enforced-post': { since: [4, 21] },
  /** Snapshots of KVM volumes hold what changed since the last one. */
  'incremental-snapshots': { since: [4, 21] },
  /** VM snapshots without memory, on file-based storage. */
  'disk-only-vm-snapshots': { since: [4, 21] },
} as const satisfies Record<string, Gate>;

export type Feature = keyof typeof GATES;

/** Whether this server, to this API key, offers `feature`. False where neither its commands nor its version are known. */
export async function supports(
  client: CloudStackClient,
  feature: Feature,
  options: CallOptions = {},
): Promise<boolean> {
  const gate: Gate = GATES[feature];
  const commands = gate.command === undefined ? undefined : await knownCommands(client, options);
  if (gate.command === undefined || commands === undefined) {
    return isAtLeast((await getCapabilities(client, options)).version, gate.since);
  }
  const parameters = commands.get(gate.command.toLowerCase());
  return parameters !== undefined && (gate.parameter === undefined || parameters.has(gate.parameter));
}

function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = /^\d+(\.\d+)+/.exec(version)?.[0].split('.').map(Number);
  if (parts === undefined) return false;
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}

/** Parameters by command, both in lower case. */
type Commands = ReadonlyMap<string, ReadonlySet<string>>;

const apiSchema = z
  .object({
    name: z.string(),
    params: z
      .array(z.object({ name: z.string() }))
      .optional()
      .catch(undefined),
  })
  .transform(({ name, params }) => ({
    id: name.toLowerCase(),
    parameters: new Set((params ?? []).map((parameter) => parameter.name.toLowerCase())),
  }));

/** The list is several MB; an upgrade of the server is noticed after this. */
const COMMANDS_KEPT_MS = 10 * MINUTE;
const knownByClient = new WeakMap<
  CloudStackClient,
  { readonly atMs: number; readonly commands: Commands | undefined }
>();

/** Undefined where this API key may not list them. */
async function knownCommands(client: CloudStackClient, options: CallOptions): Promise<Commands | undefined> {
  const nowMs = client.clock.monotonic();
  const known = knownByClient.get(client);
  if (known !== undefined && nowMs - known.atMs < COMMANDS_KEPT_MS) return known.commands;
  const apis = await ifPermitted(() => list(client, 'listApis', { parameters: {}, item: apiSchema, ...options }));
  const commands = apis === undefined ? undefined : new Map(apis.map((api) => [api.id, api.parameters]));
  knownByClient.set(client, { atMs: nowMs, commands });
  return commands;
}
