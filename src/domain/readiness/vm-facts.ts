import { z } from 'zod';
import type { ContextStatus } from '../context-status.ts';
import { FOLDER_VCENTER } from '../source.ts';
import { osFamily } from '../source-vm.ts';
import type { AdapterFacts, VmFacts } from './facts.ts';

/** What the row of a VM says of it, with what its source told last. */
export interface VmColumns {
  readonly contextId: string;
  readonly vmName: string;
  readonly status: ContextStatus;
  readonly vcenterHost: string;
  readonly powerState: string | null;
  /** Its family already. */
  readonly osType: string | null;
  readonly cpuCount: number | null;
  readonly memoryMb: number | null;
  /** source_inventory, as stored. */
  readonly inventory: unknown;
  /** unreplicated_disks, as stored. */
  readonly unreplicatedDisks: unknown;
  readonly commitJobId: string | null;
  readonly committedPointAt: Date | null;
  readonly hasCredential: boolean;
}

/** Of what the source told, only what is judged: a part that this version cannot read is as good as none. */
const Told = z.object({
  firmware: z.string().nullish().catch(null),
  secure_boot: z.boolean().nullish().catch(null),
  os_type: z.string().nullish().catch(null),
  vmware_tools_status: z.string().nullish().catch(null),
  disks: z
    .array(z.object({ id: z.string() }))
    .nullish()
    .catch(null),
  networks: z
    .array(z.object({ network_name: z.string().nullish(), mac_address: z.string().nullish() }))
    .nullish()
    .catch(null),
});

export function factsOfVm(row: VmColumns): VmFacts {
  const told = Told.safeParse(row.inventory).data;
  const { contextId, vmName, status, powerState, cpuCount, memoryMb, commitJobId, committedPointAt } = row;
  return {
    contextId,
    vmName,
    status,
    isFolder: row.vcenterHost === FOLDER_VCENTER,
    powerState,
    toolsStatus: told?.vmware_tools_status ?? null,
    osFamily: typeof told?.os_type === 'string' ? osFamily(told.os_type) : (row.osType ?? 'unknown'),
    firmware: told?.firmware ?? null,
    isSecureBoot: told?.secure_boot ?? false,
    cpuCount,
    memoryMb,
    hasCredential: row.hasCredential,
    sourceDiskIds: diskIds(told?.disks),
    unreplicatedDisks: z.array(z.string()).catch([]).parse(row.unreplicatedDisks),
    adapters: (told?.networks ?? []).flatMap(adapterOf),
    commitJobId,
    committedPointAt,
  };
}

function diskIds(disks: readonly { readonly id: string }[] | null | undefined): string[] | null {
  return disks === null || disks === undefined || disks.length === 0 ? null : disks.map(({ id }) => id);
}

interface ToldAdapter {
  readonly network_name?: string | null | undefined;
  readonly mac_address?: string | null | undefined;
}

const adapterOf = ({ network_name: networkName, mac_address: mac }: ToldAdapter): AdapterFacts[] =>
  networkName === null || networkName === undefined || networkName === ''
    ? []
    : [{ networkName, macAddress: mac === null || mac === undefined || mac === '' ? null : mac }];
