import type { Command } from '../command.ts';
import { required } from '../command.ts';
import { filtered, list, listAnswer } from '../list.ts';
import { NETWORK_OFFERINGS } from '../network-offerings.ts';
import type { World } from '../world.ts';

/** What a client chooses from: zones, offerings, networks, templates. */

const zoneOf = (world: World, zoneId: string): Record<string, unknown> => ({
  zoneid: zoneId,
  zonename: world.zones.find((zone) => zone.id === zoneId)?.name,
});

function offeringOf(type: World['networks'][number]['type']): Record<string, unknown> {
  const offering = NETWORK_OFFERINGS.find((row) => row.type === type);
  return { networkofferingid: offering?.id, networkofferingname: offering?.name };
}

export const catalogueCommands: Readonly<Record<string, Command>> = {
  listZones: list('Lists zones', (context) =>
    listAnswer(
      context,
      'zone',
      filtered(context, context.world.zones).map((zone) => ({
        id: zone.id,
        name: zone.name,
        networktype: 'Advanced',
        allocationstate: zone.allocationState,
        localstorageenabled: false,
        securitygroupsenabled: false,
        tags: [],
      })),
    ),
  ),

  listDiskOfferings: list('Lists disk offerings', (context) =>
    listAnswer(
      context,
      'diskoffering',
      filtered(context, context.world.diskOfferings).map((offering) => ({
        id: offering.id,
        name: offering.name,
        displaytext: offering.displayText,
        disksize: offering.diskSizeGiB,
        iscustomized: offering.customized,
        storagetype: 'shared',
        provisioningtype: 'thin',
        disksizestrictness: false,
        encrypt: false,
        displayoffering: true,
        state: 'Active',
      })),
    ),
  ),

  listServiceOfferings: list('Lists compute offerings', (context) =>
    listAnswer(
      context,
      'serviceoffering',
      filtered(context, context.world.serviceOfferings).map((offering) => ({
        id: offering.id,
        name: offering.name,
        displaytext: offering.displayText,
        cpunumber: offering.cpuNumber,
        cpuspeed: offering.cpuSpeedMhz,
        memory: offering.memoryMiB,
        iscustomized: offering.customized,
        storagetype: 'shared',
        offerha: false,
        state: 'Active',
      })),
    ),
  ),

  listNetworks: list('Lists networks', (context) =>
    listAnswer(
      context,
      'network',
      filtered(context, context.world.networks).map((network) => ({
        id: network.id,
        name: network.name,
        displaytext: network.displayText,
        type: network.type,
        state: network.state,
        ...offeringOf(network.type),
        ...zoneOf(context.world, network.zoneId),
        vlan: network.vlan,
        cidr: network.cidr,
        gateway: network.gateway,
        canusefordeploy: true,
        tags: [],
      })),
    ),
  ),

  listTemplates: list('Lists templates', (context) => {
    required(context, 'templatefilter');
    return listAnswer(
      context,
      'template',
      filtered(context, context.world.templates).map((template) => ({
        id: template.id,
        name: template.name,
        displaytext: template.name,
        ...zoneOf(context.world, template.zoneId),
        isready: template.ready,
        hypervisor: 'KVM',
        format: 'QCOW2',
        ostypeid: template.osTypeId,
        ostypename: template.osTypeName,
        size: template.sizeBytes,
        tags: [],
      })),
    );
  }),
};
