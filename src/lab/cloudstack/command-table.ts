import type { Command } from './command.ts';
import { asyncJobCommands } from './commands/async-jobs.ts';
import { catalogueCommands } from './commands/catalogue.ts';
import { createVolume } from './commands/create-volume.ts';
import { snapshotCommands } from './commands/snapshots.ts';
import { vmSnapshotCommands } from './commands/vm-snapshots.ts';
import { volumeCommands } from './commands/volumes.ts';
import { listAnswer } from './list.ts';

/** Every command of the simulated cloud, by its exact name. A family of commands is one file in commands/. */

/** The release whose behaviour is simulated. */
const VERSION = '4.19.1.0';

const serverCommands: Readonly<Record<string, Command>> = {
  listCapabilities: {
    kind: 'sync',
    describe: 'Lists capabilities',
    run: () => ({
      result: {
        capability: {
          cloudstackversion: VERSION,
          securitygroupsenabled: false,
          dynamicrolesenabled: true,
          userpublictemplateenabled: true,
          supportELB: 'false',
          projectinviterequired: false,
          allowusercreateprojects: true,
          kvmsnapshotenabled: false,
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
        [...COMMANDS].map(([name, command]) => ({
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
    createVolume,
    ...volumeCommands,
    ...snapshotCommands,
    ...vmSnapshotCommands,
    ...asyncJobCommands,
    ...serverCommands,
  }),
);
