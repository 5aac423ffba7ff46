import { badAnswer } from './errors.ts';
import { readDatastore, DATASTORE_SPEC, type Datastore } from './datastores.ts';
import { decodeName } from './inventory/names.ts';
import { readSnapshots, type VmSnapshot } from './inventory/snapshot-tree.ts';
import {
  retrieveProperties,
  withContainerView,
  type ObjectProperties,
  type PropertySpec,
} from './property-collector.ts';
import type { Caller, CallOptions, VsphereSession } from './session.ts';
import { readFlag, readRef } from './soap/read.ts';
import type { ObjectRef } from './soap/reference.ts';

/** Which snapshots a vCenter has, and how much room there is: all VMs in as many calls as there are pages. */

export interface SnapshotsOfVm {
  readonly vm: ObjectRef;
  readonly name: string;
  readonly instanceUuid: string | undefined;
  readonly isConsolidationNeeded: boolean;
  readonly snapshots: readonly VmSnapshot[];
  readonly datastores: readonly ObjectRef[];
}

export interface SnapshotOverview {
  readonly virtualMachines: readonly SnapshotsOfVm[];
  readonly datastores: readonly Datastore[];
}

const VM_SPEC: PropertySpec = {
  type: 'VirtualMachine',
  paths: ['name', 'config.instanceUuid', 'runtime.consolidationNeeded', 'snapshot', 'datastore'],
};
/** Without their devices, VMs are small. */
const PAGE_OBJECTS = 500;

/**
 * Everything that this account may see. Errors: those of `VsphereSession.call`; `vsphere.bad-answer` where the snapshots
 * of a VM may not be shown: none would be a lie.
 */
export async function readSnapshotOverview(
  session: Pick<VsphereSession, 'within'>,
  options: CallOptions = {},
): Promise<SnapshotOverview> {
  return session.within(readAll, options);
}

async function readAll(caller: Caller): Promise<SnapshotOverview> {
  // By id: what moves while pages are read may be on two of them.
  const machines = new Map<string, SnapshotsOfVm>();
  const datastores = new Map<string, Datastore>();
  await withContainerView(caller, ['VirtualMachine', 'Datastore'], async (view) => {
    const specs = [VM_SPEC, DATASTORE_SPEC];
    for await (const object of retrieveProperties(caller, { view, specs, maxObjects: PAGE_OBJECTS })) {
      const { id, type } = object.ref;
      if (type === 'Datastore') datastores.set(id, readDatastore(object));
      else if (type === 'VirtualMachine') machines.set(id, readMachine(object));
    }
  });
  return { virtualMachines: [...machines.values()], datastores: [...datastores.values()] };
}

function readMachine({ ref, properties, unreadable }: ObjectProperties): SnapshotsOfVm {
  if (unreadable.includes('snapshot')) throw badAnswer('it does not show the snapshots of a VM', { id: ref.id });
  const consolidation = properties.get('runtime.consolidationNeeded');
  return {
    vm: ref,
    name: decodeName(properties.get('name')?.text ?? ref.id),
    instanceUuid: properties.get('config.instanceUuid')?.text,
    isConsolidationNeeded: consolidation !== undefined && readFlag(consolidation),
    snapshots: readSnapshots(properties.get('snapshot')),
    datastores: properties.get('datastore')?.children.map(readRef) ?? [],
  };
}
