import { isPlainName } from './locate.ts';

/**
 * Which files a VMDK consists of, read by ourselves before qemu opens it: a descriptor can name any file of this
 * machine as extent or parent. Everything that is not plainly one disk in one folder is refused.
 * Source: VMware "Virtual Disk Format 5.0"; QEMU block/vmdk.c (an extent may itself hold a descriptor).
 */

const SPARSE_MAGIC = 'KDMV';
const SECTOR = 512;
const CREATE_TYPES = new Set([
  'monolithicSparse',
  'monolithicFlat',
  'twoGbMaxExtentSparse',
  'twoGbMaxExtentFlat',
  'streamOptimized',
  'vmfs',
]);

/** How many bytes of the file `readVmdk` wants to see: header and descriptor. */
export const VMDK_HEAD_BYTES = 64 * 1024;

export type VmdkFiles = { readonly refusal: string } | { readonly extents: readonly VmdkExtent[] };

export interface VmdkExtent {
  readonly file: string;
  /** A sparse extent has a header of its own, which must be checked with `sparseExtentRefusal`. */
  readonly sparse: boolean;
}

/** The extents besides the file itself: none for a hosted sparse image, which holds its own data. */
export function readVmdk(head: Buffer): VmdkFiles {
  if (head.toString('latin1', 0, 4) === SPARSE_MAGIC) {
    const refusal = sparseExtentRefusal(head);
    if (refusal !== undefined) return { refusal };
    const text = embeddedDescriptor(head);
    if (text === undefined) return { refusal: 'its descriptor cannot be read' };
    const bad = descriptorRefusal(text);
    return bad === undefined ? { extents: [] } : { refusal: bad };
  }
  const text = head.toString('latin1');
  if (!/^\s*# Disk DescriptorFile/i.test(text)) return { refusal: 'it is not a VMDK of a kind that is known' };
  if (head.length >= VMDK_HEAD_BYTES) return { refusal: 'its descriptor is too long' };
  const refusal = descriptorRefusal(text);
  return refusal === undefined ? readExtents(text) : { refusal };
}

/** Why the sparse extent is refused. A capacity of zero makes qemu take the file for a descriptor. */
export function sparseExtentRefusal(head: Buffer): string | undefined {
  if (head.length < SECTOR || head.toString('latin1', 0, 4) !== SPARSE_MAGIC) return 'a sparse extent has no header';
  const capacity = head.readBigUInt64LE(12);
  if (capacity === 0n) return 'a sparse extent states no capacity';
  return undefined;
}

function embeddedDescriptor(head: Buffer): string | undefined {
  const offset = Number(head.readBigUInt64LE(28)) * SECTOR;
  const length = Number(head.readBigUInt64LE(36)) * SECTOR;
  if (offset === 0 || length === 0 || offset + length > head.length) return undefined;
  return head.toString('latin1', offset, offset + length).replace(/\0[^]*$/, '');
}

function descriptorRefusal(text: string): string | undefined {
  const value = (key: string): string | undefined =>
    new RegExp(`^\\s*${key}\\s*=\\s*"?([^"\\r\\n]*)"?`, 'im').exec(text)?.[1]?.trim();
  const createType = value('createType');
  if (createType === undefined || !CREATE_TYPES.has(createType)) {
    return `VMDKs of type ${createType?.slice(0, 40) ?? 'unknown'} are not supported`;
  }
  const parent = value('parentCID');
  if (parent !== undefined && !/^(ffffffff|0xffffffff)$/i.test(parent)) return 'it is a delta of a parent disk';
  if (/parentFileNameHint/i.test(text)) return 'it names a parent disk';
  if (/encrypt|keySafe/i.test(text)) return 'it is encrypted';
  return undefined;
}

function readExtents(text: string): VmdkFiles {
  const extents: VmdkExtent[] = [];
  for (const line of text.split(/\r?\n/)) {
    // Anything that qemu's own, laxer pattern could take for an extent must fit ours.
    if (!/^\s*(RW|RDONLY|NOACCESS)\b/i.test(line)) continue;
    const match = /^\s*RW\s+\d+\s+(?:(ZERO)|(FLAT|VMFS|SPARSE)\s+"([^"]+)"(?:\s+\d+)?)\s*$/.exec(line);
    if (match === null) return { refusal: 'it has an extent of a kind that is not supported' };
    if (match[1] !== undefined) continue;
    const file = match[3] ?? '';
    if (!isPlainName(file) || file.includes(':')) return { refusal: 'it has an extent outside its folder' };
    extents.push({ file, sparse: match[2] === 'SPARSE' });
  }
  return extents.length === 0 ? { refusal: 'it names no extents' } : { extents };
}
