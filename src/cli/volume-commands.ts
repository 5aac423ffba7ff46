import type { CommandGroup } from './commands.ts';

/** Commands about target volumes and the VMs that they are attached to. */
export const VOLUME_COMMANDS: CommandGroup = {
  title: 'Volumes',
  commands: [
    {
      name: 'volumes',
      synopsis: '[VM]',
      summary: 'list target volumes: of which disk, and where attached',
      load: async () => (await import('./commands/volumes.ts')).volumes,
    },
    {
      name: 'volumes findings',
      synopsis: '',
      summary: 'where CloudStack says otherwise, and what to do',
      load: async () => (await import('./commands/volumes-findings.ts')).volumesFindings,
    },
    {
      name: 'volumes adopt',
      synopsis: 'ID',
      summary: 'give an orphaned volume to its disk',
      load: async () => (await import('./commands/volumes-adopt.ts')).volumesAdopt,
    },
    {
      name: 'volumes remove',
      synopsis: 'ID [--confirm-name NAME]',
      summary: 'delete a volume that nobody needs',
      load: async () => (await import('./commands/volumes-remove.ts')).volumesRemove,
    },
    {
      name: 'volumes operations',
      synopsis: '[--volume ID] [--status S]',
      summary: 'what was done to volumes',
      load: async () => (await import('./commands/volumes-operations.ts')).volumesOperations,
    },
    {
      name: 'oma-vms',
      synopsis: '',
      summary: 'list OMA VMs: places, and who waits for some',
      load: async () => (await import('./commands/oma-vms.ts')).omaVms,
    },
    {
      name: 'oma-vms forget',
      synopsis: 'VM [--lose-overlays]',
      summary: 'forget one that is gone for good',
      load: async () => (await import('./commands/oma-vms-forget.ts')).omaVmsForget,
    },
  ],
};
