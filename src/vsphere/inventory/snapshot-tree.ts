import { children, flagIn, needInteger, needRef, needText, needTime, refIn, textIn } from '../soap/read.ts';
import type { ObjectRef } from '../soap/reference.ts';
import type { XmlElement } from '../soap/xml.ts';

/** Snapshots of a VM. Source: vSphere Web Services API, VirtualMachineSnapshotInfo. Pure. */

export interface VmSnapshot {
  readonly ref: ObjectRef;
  /** Unique within the VM. */
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly createdAt: Date;
  readonly isQuiesced: boolean;
  /** The snapshot that it was taken on top of. */
  readonly parent: ObjectRef | undefined;
  /** The VM runs on top of this one. */
  readonly isCurrent: boolean;
}

/** All snapshots, each after its parent. `info`: property `snapshot` of the VM, which it has only where there are any. */
export function readSnapshots(info: XmlElement | undefined): VmSnapshot[] {
  const current = refIn(info, 'currentSnapshot');
  const found: VmSnapshot[] = [];
  const read = (tree: XmlElement, parent: ObjectRef | undefined): void => {
    const ref = needRef(tree, 'snapshot');
    found.push({
      ref,
      id: needInteger(tree, 'id'),
      name: needText(tree, 'name'),
      description: textIn(tree, 'description') ?? '',
      createdAt: needTime(tree, 'createTime'),
      isQuiesced: flagIn(tree, 'quiesced') ?? false,
      parent,
      isCurrent: ref.id === current?.id,
    });
    for (const next of children(tree, 'childSnapshotList')) read(next, ref);
  };
  for (const root of children(info, 'rootSnapshotList')) read(root, undefined);
  return found;
}
