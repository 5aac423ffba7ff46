/** Names an object of one vCenter, e.g. VirtualMachine `vm-42`. Means nothing to another vCenter. */
export interface ObjectRef {
  /** Its class, e.g. VirtualMachine. */
  readonly type: string;
  readonly id: string;
}

export const sameRef = (one: ObjectRef, other: ObjectRef): boolean => one.id === other.id && one.type === other.type;
