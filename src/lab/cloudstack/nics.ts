import { randomUUID } from 'node:crypto';
import { parameter, type CommandContext } from './command.ts';
import { badParameter, invalidValue } from './refusal.ts';
import { randomMac } from './first-world.ts';
import type { VmRow, World } from './world.ts';

/** The network cards that a new VM gets. */

type Nic = VmRow['nics'][number];

interface Wanted {
  readonly networkId: string;
  readonly macAddress: string | undefined;
  readonly ipAddress: string | undefined;
}

/** `array[0].name=value`, by index. Field names keep their case; the name of the array does not. */
export function arrayOf(context: CommandContext, array: string): Record<string, string>[] {
  const items = new Map<number, Record<string, string>>();
  for (const [given, value] of context.parameters) {
    const [, name, index, field] = /^([a-z]+)\[(\d{1,4})\]\.(.+)$/i.exec(given) ?? [];
    if (name?.toLowerCase() !== array || field === undefined) continue;
    items.set(Number(index), { ...items.get(Number(index)), [field]: value });
  }
  return [...items].sort(([left], [right]) => left - right).map(([, item]) => item);
}

/** In the order asked for; the first is the default one. @throws Refusal */
export function newNics(context: CommandContext, zoneId: string): Nic[] {
  const { world } = context;
  const nics: Nic[] = [];
  for (const { networkId, macAddress, ipAddress } of wantedNics(context)) {
    const network = world.networks.find((row) => row.id === networkId);
    if (network === undefined) throw invalidValue(context.command, 'networkids', networkId);
    if (network.zoneId !== zoneId) throw badParameter(`Network id=${networkId} doesn't belong to zone ${zoneId}`);
    if (macAddress !== undefined && !/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(macAddress)) {
      throw badParameter(`Mac address is not valid: ${macAddress}`);
    }
    nics.push({
      id: randomUUID(),
      networkId,
      macAddress: (macAddress ?? randomMac()).toLowerCase(),
      ipAddress: ipAddress ?? freeAddress(world, network, nics),
    });
  }
  return nics;
}

function wantedNics(context: CommandContext): Wanted[] {
  const listed = arrayOf(context, 'iptonetworklist');
  const ids = parameter(context, 'networkids')?.split(',') ?? [];
  if (listed.length > 0 && ids.length > 0) {
    throw badParameter("ipToNetworkMap can't be specified along with networkIds or ipAddress");
  }
  if (listed.length === 0 && ids.length === 0) {
    throw badParameter('Found more than 1 Isolated network owned by the account; please specify networkIds');
  }
  // The address of the default card, where cards are named by their networks alone.
  const [macAddress, ipAddress] = [parameter(context, 'macaddress'), parameter(context, 'ipaddress')];
  if (listed.length === 0) {
    return ids.map((networkId, index) =>
      index === 0 ? { networkId, macAddress, ipAddress } : { networkId, macAddress: undefined, ipAddress: undefined },
    );
  }
  return listed.map((item) => ({ networkId: item['networkid'] ?? '', macAddress: item['mac'], ipAddress: item['ip'] }));
}

/** The next one of the network; none on layer 2. */
function freeAddress(world: World, network: World['networks'][number], nics: readonly Nic[]): string {
  if (network.cidr === undefined) return '';
  const prefix = network.cidr.split('.').slice(0, 3).join('.');
  const used = new Set([...world.vms.flatMap((vm) => vm.nics), ...nics].map((nic) => nic.ipAddress));
  for (let last = 20; last < 255; last += 1) {
    if (!used.has(`${prefix}.${last}`)) return `${prefix}.${last}`;
  }
  throw badParameter(`Insufficient address capacity in network ${network.name}`);
}
