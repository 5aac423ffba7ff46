import type { Command } from './command.ts';
import { VOLUME_COMMANDS } from './volume-commands.ts';

/** Every command of `./migratekit`, as `help` groups them. */

export interface CommandEntry {
  /** As it is called; one word or two. */
  readonly name: string;
  readonly synopsis: string;
  readonly summary: string;
  /** Absent: a process of its own, with an entry point beside the client's. */
  readonly load?: () => Promise<Command>;
}

export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly CommandEntry[];
}

export const COMMAND_GROUPS: readonly CommandGroup[] = [
  {
    title: 'Try it',
    commands: [
      {
        name: 'demo',
        synopsis: '[--once] [--json]',
        summary: 'set everything up, replicate a VM, sync it, compare hashes',
      },
      { name: 'lab', synopsis: 'up|status|write|down', summary: 'the whole product on this machine, in one folder' },
      { name: 'copy', synopsis: 'SRC DST', summary: 'the transfer engine alone' },
    ],
  },
  {
    title: 'Session',
    commands: [
      {
        name: 'login',
        synopsis: '[--url URL]',
        summary: 'sign in and remember it',
        load: async () => (await import('./commands/login.ts')).login,
      },
      {
        name: 'logout',
        synopsis: '',
        summary: 'forget the session',
        load: async () => (await import('./commands/logout.ts')).logout,
      },
    ],
  },
  {
    title: 'VMs',
    commands: [
      {
        name: 'vms',
        synopsis: '[--status S] [--vcenter H]',
        summary: 'list the VMs that are known',
        load: async () => (await import('./commands/vms.ts')).vms,
      },
      {
        name: 'vms show',
        synopsis: 'VM',
        summary: 'one VM with its disks and latest jobs',
        load: async () => (await import('./commands/vms-show.ts')).vmsShow,
      },
      {
        name: 'vms discover',
        synopsis: '[--credential NAME] [--filter TEXT]',
        summary: 'the VMs of a vCenter: new, known, or with a problem',
        load: async () => (await import('./commands/vms-discover.ts')).vmsDiscover,
      },
      {
        name: 'vms add',
        synopsis: 'VM...|--all|FILE',
        summary: 'make VMs known',
        load: async () => (await import('./commands/vms-add.ts')).vmsAdd,
      },
      {
        name: 'replicate',
        synopsis: 'VM... [--full] [--follow]',
        summary: 'copy VMs, or what changed in them since',
        load: async () => (await import('./commands/replicate.ts')).replicate,
      },
    ],
  },
  {
    title: 'Failover',
    commands: [
      {
        name: 'readiness',
        synopsis: 'VM [--test]',
        summary: 'whether a VM may be failed over, and what to do if not',
        load: async () => (await import('./commands/readiness.ts')).readiness,
      },
      {
        name: 'failover',
        synopsis: 'VM --test|--live|--disaster',
        summary: 'start a VM in CloudStack from its copy',
        load: async () => (await import('./commands/failover.ts')).failover,
      },
      {
        name: 'failovers',
        synopsis: '[VM]',
        summary: 'list failovers: where each stands',
        load: async () => (await import('./commands/failovers.ts')).failovers,
      },
      {
        name: 'rollback',
        synopsis: 'VM [--cleanup-failed]',
        summary: 'take the last failover of a VM back',
        load: async () => (await import('./commands/rollback.ts')).rollback,
      },
      {
        name: 'commit',
        synopsis: 'VM',
        summary: 'make the live failover of a VM final',
        load: async () => (await import('./commands/commit.ts')).commit,
      },
    ],
  },
  {
    title: 'Accounts of vCenters',
    commands: [
      {
        name: 'credentials',
        synopsis: '',
        summary: 'list the accounts that are saved',
        load: async () => (await import('./commands/credentials.ts')).credentials,
      },
      {
        name: 'credentials add',
        synopsis: 'NAME --vcenter HOST ...',
        summary: 'save one; its password is asked for',
        load: async () => (await import('./commands/credentials-add.ts')).credentialsAdd,
      },
      {
        name: 'credentials test',
        synopsis: 'NAME',
        summary: 'whether it signs in',
        load: async () => (await import('./commands/credentials-test.ts')).credentialsTest,
      },
    ],
  },
  {
    title: 'The cloud',
    commands: [
      {
        name: 'cloud',
        synopsis: '',
        summary: 'list the configurations of CloudStack',
        load: async () => (await import('./commands/cloud.ts')).cloud,
      },
      {
        name: 'cloud show',
        synopsis: 'NAME',
        summary: 'one of them, whole',
        load: async () => (await import('./commands/cloud-show.ts')).cloudShow,
      },
      {
        name: 'cloud discover',
        synopsis: '[NAME|--url URL]',
        summary: 'zones, offerings, templates and networks to choose from',
        load: async () => (await import('./commands/cloud-discover.ts')).cloudDiscover,
      },
      {
        name: 'cloud configure',
        synopsis: 'NAME [--url URL] [--zone Z] ...',
        summary: 'save or change one; its keys are asked for',
        load: async () => (await import('./commands/cloud-configure.ts')).cloudConfigure,
      },
      {
        name: 'cloud test',
        synopsis: '[NAME]',
        summary: 'whether it is fit for replication and failover',
        load: async () => (await import('./commands/cloud-test.ts')).cloudTest,
      },
      {
        name: 'cloud use',
        synopsis: 'NAME',
        summary: 'send new replications there',
        load: async () => (await import('./commands/cloud-use.ts')).cloudUse,
      },
      {
        name: 'networks',
        synopsis: '[VM]',
        summary: 'where the networks of VMs lead',
        load: async () => (await import('./commands/networks.ts')).networks,
      },
      {
        name: 'networks available',
        synopsis: '',
        summary: 'networks of the cloud that they may lead to',
        load: async () => (await import('./commands/networks-available.ts')).networksAvailable,
      },
      {
        name: 'networks map',
        synopsis: 'VM SOURCE DESTINATION [--test]',
        summary: 'let a network of a VM lead to one of the cloud',
        load: async () => (await import('./commands/networks-map.ts')).networksMap,
      },
      {
        name: 'networks unmap',
        synopsis: 'VM SOURCE [--test]',
        summary: 'forget where it leads',
        load: async () => (await import('./commands/networks-unmap.ts')).networksUnmap,
      },
    ],
  },
  VOLUME_COMMANDS,
  {
    title: 'Jobs',
    commands: [
      {
        name: 'jobs',
        synopsis: '[--status S] [--vm VM] [--follow]',
        summary: 'list jobs, or watch all that are active',
        load: async () => (await import('./commands/jobs.ts')).jobs,
      },
      {
        name: 'job',
        synopsis: 'ID [--follow]',
        summary: 'one job with its steps',
        load: async () => (await import('./commands/job.ts')).job,
      },
      {
        name: 'logs',
        synopsis: 'ID [--follow]',
        summary: 'what a job and its worker said',
        load: async () => (await import('./commands/logs.ts')).logs,
      },
      {
        name: 'cancel',
        synopsis: 'ID... [--wait]',
        summary: 'tell replications and failovers to stop',
        load: async () => (await import('./commands/cancel.ts')).cancel,
      },
    ],
  },
  {
    title: 'Run it',
    commands: [
      { name: 'migrate', synopsis: '[down|status]', summary: 'bring the database to the current schema' },
      { name: 'api', synopsis: '', summary: 'REST API, port 8082' },
      { name: 'worker', synopsis: '[--queues a,b]', summary: 'work jobs off' },
      { name: 'volume-daemon', synopsis: '', summary: 'volumes, devices and exports, on the OMA host, port 8090' },
      { name: 'vma', synopsis: '', summary: 'source sessions, beside the source, port 8081' },
      {
        name: 'secrets',
        synopsis: 'rewrap|status',
        summary: 'bring stored passwords under a new MIGRATEKIT_SECRETS_KEY',
      },
      { name: 'admin', synopsis: 'password|hash|token', summary: 'what only the operator of the host may ask for' },
    ],
  },
];

export const ALL_COMMANDS: readonly CommandEntry[] = COMMAND_GROUPS.flatMap((group) => group.commands);

export interface Called {
  readonly entry: CommandEntry;
  readonly args: readonly string[];
}

/** The command that these words call: two words before one. Undefined when there is none. */
export function findCommand(words: readonly string[]): Called | undefined {
  const [first = '', second = ''] = words;
  const two = ALL_COMMANDS.find((entry) => entry.name === `${first} ${second}`);
  if (two !== undefined) return { entry: two, args: words.slice(2) };
  const one = ALL_COMMANDS.find((entry) => entry.name === first);
  return one === undefined ? undefined : { entry: one, args: words.slice(1) };
}
