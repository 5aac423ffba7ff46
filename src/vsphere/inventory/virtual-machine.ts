import type { ObjectProperties, PropertySpec } from '../property-collector.ts';
import { child, readFlag, readInteger, readRef } from '../soap/read.ts';
import type { ObjectRef } from '../soap/reference.ts';
import type { XmlElement } from '../soap/xml.ts';
import { readDisks, type VirtualDisk } from './disks.ts';
import { decodeName } from './names.ts';
import { readNetworkAdapters, type NetworkAdapter, type NetworkNames } from './networks.ts';
import type { Location, Places } from './places.ts';
import { readSnapshots, type VmSnapshot } from './snapshot-tree.ts';

/** A VM as its vCenter describes it. Pure. */

export const VM_SPEC: PropertySpec = {
  type: 'VirtualMachine',
  paths: [
    'name',
    'parent',
    'parentVApp',
    'config.uuid',
    'config.instanceUuid',
    'config.version',
    'config.guestId',
    'config.guestFullName',
    'config.firmware',
    // Whole, because what is in it came one after the other: an older vCenter would refuse the path of what it has not.
    'config.bootOptions',
    'config.annotation',
    'config.template',
    'config.changeTrackingEnabled',
    'config.hardware.numCPU',
    'config.hardware.memoryMB',
    'config.hardware.device',
    'capability.changeTrackingSupported',
    'runtime.powerState',
    'runtime.connectionState',
    'runtime.consolidationNeeded',
    'runtime.host',
    'guest.toolsRunningStatus',
    'guest.toolsVersionStatus2',
    'guest.toolsVersion',
    'snapshot',
  ],
};

/**
 * Fields are undefined where vCenter does not tell them: a VM that cannot be read at the moment (its host is away, its
 * files are not accessible) has a name and little else.
 */
export interface VirtualMachine {
  readonly ref: ObjectRef;
  /** As people see it; several VMs may have the same. */
  readonly name: string;
  readonly location: Location | undefined;
  /** Unique within a vCenter: vCenter sees to that. */
  readonly instanceUuid: string | undefined;
  /** Clones may share it. */
  readonly biosUuid: string | undefined;
  readonly hardwareVersion: string | undefined;
  readonly cpuCount: number | undefined;
  readonly memoryMib: number | undefined;
  readonly guestId: string | undefined;
  readonly guestFullName: string | undefined;
  /** bios or efi */
  readonly firmware: string | undefined;
  /** UEFI that starts only what is signed. Source: vSphere API, VirtualMachineBootOptions.efiSecureBootEnabled. */
  readonly isSecureBoot: boolean | undefined;
  readonly annotation: string | undefined;
  readonly isTemplate: boolean;
  /** poweredOn, poweredOff or suspended */
  readonly powerState: string | undefined;
  /** connected, disconnected, orphaned, inaccessible or invalid */
  readonly connectionState: string | undefined;
  readonly host: ObjectRef | undefined;
  readonly tools: {
    readonly runningStatus: string | undefined;
    readonly versionStatus: string | undefined;
    readonly version: string | undefined;
  };
  readonly changeTracking: { readonly isSupported: boolean | undefined; readonly isEnabled: boolean | undefined };
  readonly isConsolidationNeeded: boolean | undefined;
  readonly snapshots: readonly VmSnapshot[];
  readonly disks: readonly VirtualDisk[];
  readonly networkAdapters: readonly NetworkAdapter[];
  /** Properties that vCenter refused to show: what is missing may be there. */
  readonly unreadable: readonly string[];
}

/** Errors: `vsphere.bad-answer` where a field is not of its type. */
export function readVirtualMachine(
  { ref, properties, unreadable }: ObjectProperties,
  surroundings: { readonly places: Places; readonly networks: NetworkNames },
): VirtualMachine {
  const text = (path: string): string | undefined => properties.get(path)?.text;
  const name = text('name') ?? ref.id;
  const devices = properties.get('config.hardware.device')?.children ?? [];
  const parent = properties.get('parentVApp') ?? properties.get('parent');
  return {
    ref,
    name: decodeName(name),
    location: surroundings.places.locate(name, optional(readRef, parent)),
    instanceUuid: text('config.instanceUuid'),
    biosUuid: text('config.uuid'),
    hardwareVersion: text('config.version'),
    cpuCount: optional(readInteger, properties.get('config.hardware.numCPU')),
    memoryMib: optional(readInteger, properties.get('config.hardware.memoryMB')),
    guestId: text('config.guestId'),
    guestFullName: text('config.guestFullName'),
    firmware: text('config.firmware'),
    isSecureBoot: optional(readFlag, child(properties.get('config.bootOptions'), 'efiSecureBootEnabled')),
    annotation: text('config.annotation'),
    isTemplate: optional(readFlag, properties.get('config.template')) ?? false,
    powerState: text('runtime.powerState'),
    connectionState: text('runtime.connectionState'),
    host: optional(readRef, properties.get('runtime.host')),
    tools: {
      runningStatus: text('guest.toolsRunningStatus'),
      versionStatus: text('guest.toolsVersionStatus2'),
      version: text('guest.toolsVersion'),
    },
    changeTracking: {
      isSupported: optional(readFlag, properties.get('capability.changeTrackingSupported')),
      isEnabled: optional(readFlag, properties.get('config.changeTrackingEnabled')),
    },
    isConsolidationNeeded: optional(readFlag, properties.get('runtime.consolidationNeeded')),
    snapshots: readSnapshots(properties.get('snapshot')),
    disks: readDisks(devices),
    networkAdapters: readNetworkAdapters(devices, surroundings.networks),
    unreadable,
  };
}

function optional<T>(read: (element: XmlElement) => T, element: XmlElement | undefined): T | undefined {
  return element === undefined ? undefined : read(element);
}
