/** The places for data disks at the OMA VMs, and the line of those who wait for some, as they were at one moment. */

export interface RoomOfVm {
  readonly id: number;
  readonly name: string;
  readonly zoneId: string;
  /** Its volume daemon is away: it gets nothing new, and nothing is taken from it. */
  readonly isAway: boolean;
  /** Most data disks. */
  readonly slots: number;
  readonly foreignDisks: number;
  /** Most disks of ours, as a refusal of CloudStack has shown; null: none has. */
  readonly roomSeen: number | null;
}

export interface AttachedVolume {
  readonly volumeId: string;
  /** Of the OMA VM. */
  readonly vm: number;
  /** Something is under way with it, or about to be: it stays. */
  readonly isKept: boolean;
  /** It is being detached for this job. */
  readonly evictedBy: string | null;
  /** It could not be detached a moment ago. */
  readonly isStuck: boolean;
  readonly idleSince: Date;
}

export interface SlotRequest {
  readonly jobId: string;
  readonly zoneId: string;
  readonly volumeIds: readonly string[];
  /** The OMA VM whose slots it has; null while it waits. */
  readonly vm: number | null;
}

export interface SlotState {
  readonly vms: readonly RoomOfVm[];
  readonly attached: readonly AttachedVolume[];
  /** Of jobs that have not ended, by the time of asking. */
  readonly requests: readonly SlotRequest[];
}

/** Why a request is not granted. `place` 1 is the head of the line. */
export type Wait =
  /** More disks than any OMA VM of the zone has places: it will never be granted. */
  | { readonly kind: 'never'; readonly most: number }
  /** No OMA VM of the zone has registered. */
  | { readonly kind: 'no-vm' }
  /** Its volumes are at OMA VMs whose daemon is away, or only such a VM is large enough. */
  | { readonly kind: 'away'; readonly vms: readonly string[] }
  /** What is attached by others leaves too little everywhere, even if nothing of ours were attached. */
  | { readonly kind: 'full'; readonly vms: readonly string[] }
  | { readonly kind: 'line'; readonly place: number; readonly vms: readonly string[] };

export interface SlotPlan {
  readonly grants: readonly { readonly jobId: string; readonly vm: number }[];
  readonly waits: ReadonlyMap<string, Wait>;
  /** What heads of lines should have detached, beside what is being detached already. */
  readonly evictions: ReadonlyMap<string, readonly string[]>;
}
