import { integerIn, needInteger, textIn, typeOf } from '../soap/read.ts';
import type { XmlElement } from '../soap/xml.ts';

/** Disk controllers of a VM, by their key. Source: vSphere Web Services API, VirtualController. Pure. */

export interface DiskController {
  readonly bus: 'scsi' | 'sata' | 'ide' | 'nvme';
  readonly busNumber: number;
  /** noSharing, virtualSharing or physicalSharing; SCSI only. */
  readonly sharing: string | undefined;
}

const BUSES: readonly [pattern: RegExp, bus: DiskController['bus']][] = [
  [/SCSI|LsiLogic|BusLogic/, 'scsi'],
  [/AHCI|SATA/, 'sata'],
  [/IDE/, 'ide'],
  [/NVME/, 'nvme'],
];

export function readControllers(devices: readonly XmlElement[]): ReadonlyMap<number, DiskController> {
  const controllers = new Map<number, DiskController>();
  for (const device of devices) {
    const type = typeOf(device) ?? '';
    const bus = type.endsWith('Controller') ? BUSES.find(([pattern]) => pattern.test(type))?.[1] : undefined;
    if (bus === undefined) continue;
    controllers.set(needInteger(device, 'key'), {
      bus,
      busNumber: integerIn(device, 'busNumber') ?? 0,
      sharing: textIn(device, 'sharedBus'),
    });
  }
  return controllers;
}
