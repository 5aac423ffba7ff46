import { GiB } from '../../../base/units.ts';
import type { Command } from '../command.ts';
import { parameter } from '../command.ts';
import { list, listAnswer } from '../list.ts';
import { NETWORK_OFFERINGS } from '../network-offerings.ts';
import { settingsOf } from '../settings.ts';

/** What the cloud runs on: settings, hypervisors, storage, kinds of guests and of networks. */

const named = <T extends { readonly name: string }>(rows: readonly T[], name: string | undefined): T[] =>
  rows.filter((row) => name === undefined || row.name === name);

export const infrastructureCommands: Readonly<Record<string, Command>> = {
  listConfigurations: {
    ...list('Lists global settings', (context) =>
      listAnswer(
        context,
        'configuration',
        named(settingsOf(context.world), parameter(context, 'name')).map((setting) => ({ ...setting })),
      ),
    ),
    forAdmins: true,
  },

  /** KVM hosts count by the row of the version `default`. */
  listHypervisorCapabilities: {
    ...list('Lists what hypervisors can do', (context) =>
      listAnswer(context, 'hypervisorCapabilities', [
        {
          id: '0f7f9f4c-7b3c-4b39-9d0c-5b3f1d0a7c11',
          hypervisor: 'KVM',
          hypervisorversion: 'default',
          maxguestslimit: 50,
          maxdatavolumeslimit: context.world.dataVolumesMax,
          maxhostspercluster: 256,
          securitygroupenabled: true,
          storagemotionenabled: true,
          vmsnapshotenabled: true,
        },
      ]),
    ),
    forAdmins: true,
  },

  listStoragePools: {
    ...list('Lists primary storage', (context) =>
      listAnswer(context, 'storagepool', [
        {
          id: context.world.storageId,
          name: 'lab-primary',
          zoneid: context.world.zones[0]?.id,
          zonename: context.world.zones[0]?.name,
          ipaddress: '127.0.0.1',
          path: '/lab',
          type: 'NetworkFilesystem',
          scope: 'ZONE',
          hypervisor: 'KVM',
          state: 'Up',
          disksizetotal: 4096 * GiB,
          disksizeallocated: context.world.volumes.reduce((sum, volume) => sum + volume.sizeBytes, 0),
        },
      ]),
    ),
    forAdmins: true,
  },

  // There are none of these; some clients ask for them with each VM.
  listPublicIpAddresses: list('Lists public addresses', (context) => listAnswer(context, 'publicipaddress', [])),
  listPortForwardingRules: list('Lists forwarded ports', (context) => listAnswer(context, 'portforwardingrule', [])),
  listIpForwardingRules: list('Lists forwarded addresses', (context) => listAnswer(context, 'ipforwardingrule', [])),

  listOsTypes: list('Lists kinds of guests', (context) => {
    const kinds = new Map(context.world.templates.map((row) => [row.osTypeId, row.osTypeName]));
    const asked = parameter(context, 'id');
    return listAnswer(
      context,
      'ostype',
      [...kinds]
        .filter(([id]) => asked === undefined || asked === id)
        .map(([id, description]) => ({ id, name: description, description, isuserdefined: false })),
    );
  }),

  listNetworkOfferings: list('Lists network offerings', (context) =>
    listAnswer(
      context,
      'networkoffering',
      NETWORK_OFFERINGS.map(({ id, name, type }) => ({
        id,
        name,
        displaytext: `Networks of type ${type}`,
        guestiptype: type,
        traffictype: 'Guest',
        state: 'Enabled',
        isdefault: true,
        forvpc: false,
      })),
    ),
  ),
};
