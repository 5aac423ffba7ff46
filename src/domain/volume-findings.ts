import { z } from 'zod';

/**
 * Where our books and a CloudStack disagree about volumes. Pure: what is listed there and what is written here go in,
 * what a person should know comes out.
 */

export const VolumeFindingKind = z.enum([
  'orphan',
  'unknown-context',
  'gone',
  'attached-elsewhere',
  'not-attached',
  'other-size',
  'same-name',
  'attach-unfinished',
  'device',
  'snapshot-stuck',
  'snapshot-left',
]);
export type VolumeFindingKind = z.output<typeof VolumeFindingKind>;

/** As CloudStack lists it. */
export interface ListedVolume {
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number | undefined;
  /** Where it is attached. */
  readonly vmId: string | undefined;
  /** A job of the cloud works on it. */
  readonly isBusy: boolean;
}

export interface KnownMapping {
  readonly vmId: string;
  readonly cloudstackState: string;
  readonly linuxState: string;
  readonly linuxReason: string | null;
}

/** As our rows have it. */
export interface KnownVolume {
  readonly id: string;
  readonly name: string;
  readonly contextId: string | null;
  readonly sizeBytes: number;
  readonly mapping: KnownMapping | undefined;
}

export interface Books {
  readonly volumes: readonly KnownVolume[];
  /** The VMs of this installation and their disks, with volumes or without. */
  readonly disks: readonly { readonly contextId: string; readonly diskId: string }[];
  readonly contextIds: readonly string[];
  /** Ids and names of volumes that an operation works on: what is said of them changes as we look. */
  readonly busy: ReadonlySet<string>;
}

export interface VolumeFinding {
  readonly volumeId: string;
  readonly kind: VolumeFindingKind;
  readonly contextId: string | null;
  readonly name: string;
  readonly text: string;
  readonly details: Readonly<Record<string, string | number | null>>;
}

const PREFIX = 'migration-';

/** The name that a replication gives the volume of a disk. */
export const volumeNameOf = (contextId: string, diskId: string): string => `${PREFIX}${contextId}-${diskId}`;

export function judgeVolumes(listed: readonly ListedVolume[], books: Books): VolumeFinding[] {
  const known = new Map(books.volumes.map((volume) => [volume.id, volume]));
  const there = new Map(listed.map((volume) => [volume.id, volume]));
  const names = Map.groupBy(listed, (volume) => volume.name);
  const findings = [
    ...listed.filter((volume) => !known.has(volume.id)).flatMap((volume) => stranger(volume, books)),
    ...books.volumes.flatMap((volume) => compared(volume, there.get(volume.id))),
    ...listed.flatMap((volume) => namesake(volume, names.get(volume.name) ?? [], known)),
  ];
  const moving = new Set(listed.filter((volume) => volume.isBusy).map((volume) => volume.id));
  return findings.filter(
    ({ volumeId, name }) => !books.busy.has(volumeId) && !books.busy.has(name) && !moving.has(volumeId),
  );
}

/** In the cloud and in no row of ours, although it is named as ours are. */
function stranger(volume: ListedVolume, books: Books): VolumeFinding[] {
  const { id: volumeId, name, sizeBytes = null, vmId = null } = volume;
  if (!name.startsWith(PREFIX)) return [];
  const disk = books.disks.find((each) => name === volumeNameOf(each.contextId, each.diskId));
  const contextId = disk?.contextId ?? books.contextIds.find((id) => name.startsWith(`${PREFIX}${id}-`)) ?? null;
  const details = { disk_id: disk?.diskId ?? null, size_bytes: sizeBytes, attached_to: vmId };
  if (contextId === null) {
    const text = `volume ${name} is named as ours, for a VM that this installation does not know`;
    return [{ volumeId, kind: 'unknown-context', contextId, name, text, details }];
  }
  const text = `volume ${name} is named as one of ours and no row knows it`;
  return [{ volumeId, kind: 'orphan', contextId, name, text, details }];
}

function compared(volume: KnownVolume, there: ListedVolume | undefined): VolumeFinding[] {
  const about = { volumeId: volume.id, contextId: volume.contextId, name: volume.name };
  if (there === undefined) {
    return [
      { ...about, kind: 'gone', text: `volume ${volume.name} is in our rows and not in cloudstack`, details: {} },
    ];
  }
  const found = [placeOf(volume, there), sizeOf(volume, there), deviceOf(volume)];
  return found.flatMap((part) => (part === undefined ? [] : [{ ...about, ...part }]));
}

type Part = Pick<VolumeFinding, 'kind' | 'text' | 'details'>;

function placeOf({ name, mapping }: KnownVolume, there: ListedVolume): Part | undefined {
  const details = { written: mapping?.vmId ?? null, attached_to: there.vmId ?? null };
  if (mapping?.cloudstackState === 'attaching') {
    const text = `volume ${name} was being attached to VM ${mapping.vmId}, and nobody has seen the end of it`;
    return { kind: 'attach-unfinished', text, details };
  }
  if (mapping !== undefined && there.vmId === undefined) {
    return { kind: 'not-attached', text: `volume ${name} is attached in our rows and not in cloudstack`, details };
  }
  if (there.vmId === mapping?.vmId) return undefined;
  const where = mapping === undefined ? 'nowhere' : `to VM ${mapping.vmId}`;
  const text = `volume ${name} is attached to VM ${there.vmId ?? ''}; our rows say ${where}`;
  return { kind: 'attached-elsewhere', text, details };
}

function sizeOf({ name, sizeBytes }: KnownVolume, there: ListedVolume): Part | undefined {
  if (there.sizeBytes === undefined || there.sizeBytes === sizeBytes) return undefined;
  const text = `volume ${name} has ${there.sizeBytes} bytes in cloudstack and ${sizeBytes} in our rows`;
  return { kind: 'other-size', text, details: { written_bytes: sizeBytes, size_bytes: there.sizeBytes } };
}

function deviceOf({ name, mapping }: KnownVolume): Part | undefined {
  if (mapping?.linuxState !== 'missing' && mapping?.linuxState !== 'refused') return undefined;
  return {
    kind: 'device',
    text: `the device of volume ${name} is not used: ${mapping.linuxReason ?? ''}`,
    details: {},
  };
}

/** Two of one name: a repeated create could take the wrong one. Told of those that are not in our rows, or of both. */
function namesake(
  volume: ListedVolume,
  namesakes: readonly ListedVolume[],
  known: ReadonlyMap<string, KnownVolume>,
): VolumeFinding[] {
  const isOurs = (each: ListedVolume): boolean => known.has(each.id) || each.name.startsWith(PREFIX);
  if (namesakes.length < 2 || !namesakes.some(isOurs)) return [];
  const others = namesakes.filter((each) => each.id !== volume.id).map((each) => each.id);
  return [
    {
      volumeId: volume.id,
      kind: 'same-name',
      contextId: known.get(volume.id)?.contextId ?? null,
      name: volume.name,
      text: `${namesakes.length} volumes in cloudstack are named ${volume.name}`,
      details: { others: others.join(', '), is_ours: known.has(volume.id) ? 1 : 0 },
    },
  ];
}

/** What is seen once may be a moment between two changes; what stays for a second look is so. */
export const isConfirmed = ({ looks }: { readonly looks: number }): boolean => looks >= 2;

/** What a person does about it. */
export function volumeNextStep(kind: VolumeFindingKind): string {
  switch (kind) {
    case 'orphan':
      return 'adopt it when its disk has no volume, or remove it: POST /api/v1/volumes/findings/{volume_id}/adopt or /remove';
    case 'unknown-context':
      return 'it may belong to another installation: find out; when nobody needs it, remove it and repeat its name: ?confirm_name=';
    case 'gone':
      return 'somebody deleted it in cloudstack: remove it here, and the next replication copies the disk in full to a new volume';
    case 'attached-elsewhere':
      return 'find out who attached it and detach it in cloudstack; the next replication copies the disk in full';
    case 'not-attached':
      return 'detach it here as well: POST /api/v1/volumes/{id}/detach of the volume daemon; the next replication attaches it';
    case 'other-size':
      return 'somebody resized it in cloudstack: detach it and start the replication again, which looks at its size';
    case 'same-name':
      return 'keep the one that is in our rows; rename or delete the other one in cloudstack';
    case 'attach-unfinished':
      return 'detach it: POST /api/v1/volumes/{id}/detach of the volume daemon; the next replication attaches it';
    case 'device':
      return 'look at the disks of the appliance (lsblk -o NAME,SERIAL,SIZE); detach and attach the volume';
    case 'snapshot-stuck':
      return 'look for it in the log of the management server; when nothing works on it, delete it in cloudstack: who waits for it looks again';
    case 'snapshot-left':
      return 'nobody goes back to it any more: DELETE /api/v1/volumes/{id}/snapshots/{snapshot_id} of the volume daemon';
  }
}
