import type { Command, CommandContext } from './command.ts';
import { accountCommands } from './commands/accounts.ts';
import { asyncJobCommands } from './commands/async-jobs.ts';
import { catalogueCommands } from './commands/catalogue.ts';
import { createVolume } from './commands/create-volume.ts';
import { deployVirtualMachine } from './commands/deploy-vm.ts';
import { infrastructureCommands } from './commands/infrastructure.ts';
import { snapshotCommands } from './commands/snapshots.ts';
import { vmEndCommands } from './commands/vm-end.ts';
import { vmSnapshotCommands } from './commands/vm-snapshots.ts';
import { vmCommands } from './commands/vms.ts';
import { volumeEndCommands } from './commands/volume-end.ts';
import { volumeCommands } from './commands/volumes.ts';
import { listAnswer } from './list.ts';
import { isOn } from './settings.ts';

/** Every command of the simulated cloud, by its exact name. A family of commands is one file in commands/. */

/** The release whose behaviour is simulated. */
const VERSION = '4.19.1.0';

const isOffered = ({ account }: CommandContext, command: Command): boolean =>
  account.type === 1 || command.forAdmins !== true;

const serverCommands: Readonly<Record<string, Command>> = {
  listCapabilities: {
    kind: 'sync',
    describe: 'Lists capabilities',
    run: ({ world }) => ({
      result: {
        capability: {
          cloudstackversion: VERSION,
          securitygroupsenabled: false,
          dynamicrolesenabled: true,
          userpublictemplateenabled: true,
          supportELB: 'false',
          projectinviterequired: false,
          allowusercreateprojects: true,
          kvmsnapshotenabled: isOn(world, 'kvm.snapshot.enabled'),
          allowuserviewdestroyedvm: false,
          allowuserexpungerecovervolume: false,
        },
      },
    }),
  },
  listApis: {
    kind: 'sync',
    describe: 'Lists the commands of this server',
    run: (context) =>
      listAnswer(
        context,
        'api',
        [...COMMANDS]
          .filter(([, command]) => isOffered(context, command))
          .map(([name, command]) => ({
            name,
            description: command.describe,
            isasync: command.kind === 'async',
            params: [],
            response: [],
          })),
      ),
  },
};

export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    ...catalogueCommands,
    ...infrastructureCommands,
    ...accountCommands,
    createVolume,
    ...volumeCommands,
    ...volumeEndCommands,
    ...snapshotCommands,
    deployVirtualMachine,
    ...vmCommands,
    ...vmEndCommands,
    ...vmSnapshotCommands,
    ...asyncJobCommands,
    ...serverCommands,
  }),
);
