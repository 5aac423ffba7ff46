import type { Command, CommandContext, Effect } from '../command.ts';
import { parameter, required } from '../command.ts';
import { filtered, listAnswer } from '../list.ts';
import { presentAccount, presentUser, presentVm } from '../present.ts';
import { badParameter, notVerified } from '../refusal.ts';
import type { World } from '../world.ts';

/** What a client chooses from: zones, offerings, networks, templates, accounts, VMs. */

const list = (describe: string, run: (context: CommandContext) => Effect): Command => ({ kind: 'sync', describe, run });

const zoneOf = (world: World, zoneId: string): Record<string, unknown> => ({
  zoneid: zoneId,
  zonename: world.zones.find((zone) => zone.id === zoneId)?.name,
});

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

  listVirtualMachines: list('Lists VMs', (context) => {
    const state = parameter(context, 'state');
    const vms = filtered(context, context.world.vms).filter((vm) => state === undefined || vm.state === state);
    return listAnswer(
      context,
      'virtualmachine',
      vms.map((vm) => presentVm(context.world, vm)),
    );
  }),

  listAccounts: list('Lists accounts', (context) => {
    const seen = context.world.accounts.filter(
      (account) => context.account.type === 1 || account.id === context.account.id,
    );
    return listAnswer(context, 'account', seen.map(presentAccount));
  }),

  listUsers: list('Lists users', (context) => {
    const seen = context.world.accounts.filter(
      (account) => context.account.type === 1 || account.id === context.account.id,
    );
    return listAnswer(context, 'user', seen.map(presentUser));
  }),

  getUser: list('Finds the user of an API key', (context) => {
    // Only admins have this command. Source: GetUserCmd of Apache CloudStack.
    if (context.account.type !== 1) throw notVerified();
    if (required(context, 'userapikey') === parameter(context, 'apikey')) {
      return { result: { user: presentUser(context.account) } };
    }
    throw badParameter('User does not exist for Given userapikey');
  }),

  listDomains: list('Lists domains', (context) =>
    listAnswer(context, 'domain', [{ id: context.world.domainId, name: 'ROOT', path: 'ROOT', level: 0 }]),
  ),
};
