import type { World } from './world.ts';

/** Global settings of the management server that the simulation heeds, with their defaults. */

interface Setting {
  readonly name: string;
  readonly value: string;
  readonly category: string;
  readonly description: string;
}

const DEFAULTS: readonly Setting[] = [
  {
    name: 'kvm.snapshot.enabled',
    value: 'false',
    category: 'Snapshots',
    description: 'Whether volume snapshot is enabled on running instances on a KVM host',
  },
  {
    name: 'kvm.vmstoragesnapshot.enabled',
    value: 'false',
    category: 'Snapshots',
    description: 'Whether a running VM may have snapshots of its disks without its memory',
  },
  {
    name: 'vmsnapshot.max',
    value: '10',
    category: 'Snapshots',
    description: 'Maximum vm snapshots for a vm',
  },
  {
    name: 'custom.diskoffering.size.min',
    value: '1',
    category: 'Storage',
    description: 'Minimum size in GB for custom disk offering',
  },
  {
    name: 'custom.diskoffering.size.max',
    value: '1024',
    category: 'Storage',
    description: 'Maximum size in GB for custom disk offering',
  },
];

export const settingsOf = (world: World): Setting[] =>
  DEFAULTS.map((setting) => ({ ...setting, value: world.settings[setting.name] ?? setting.value }));

/** The value in force; undefined for a setting that the simulation does not know. */
const settingOf = (world: World, name: string): string | undefined =>
  settingsOf(world).find((setting) => setting.name === name)?.value;

export const isOn = (world: World, name: string): boolean => settingOf(world, name) === 'true';

/** Of a setting that is a number. */
export const numberOf = (world: World, name: string): number => Number(settingOf(world, name));
