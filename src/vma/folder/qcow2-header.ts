/**
 * What a qcow2 header says that makes the image unusable as a source, read by ourselves before qemu opens the file:
 * a header can name other files of this machine as backing or data file.
 * Source: QEMU docs/interop/qcow2.txt, "Header".
 */

const MAGIC = 0x514649fb;
const HEADER_V2_BYTES = 72;
const INCOMPATIBLE_CORRUPT = 1n << 1n;
const INCOMPATIBLE_DATA_FILE = 1n << 2n;
/** Dirty, corrupt, external data file, compression type, extended L2 entries. */
const INCOMPATIBLE_KNOWN = 0b11111n;

/** How many bytes of the file `qcow2Refusal` wants to see. */
export const QCOW2_HEADER_BYTES = 112;

/** Why this image is refused, or undefined. */
export function qcow2Refusal(header: Buffer): string | undefined {
  if (header.length < HEADER_V2_BYTES || header.readUInt32BE(0) !== MAGIC) return 'it is not a qcow2 image';
  const version = header.readUInt32BE(4);
  if (version !== 2 && version !== 3) return `qcow2 version ${version} is not known`;
  if (header.readBigUInt64BE(8) !== 0n || header.readUInt32BE(16) !== 0) return 'it has a backing file';
  if (header.readUInt32BE(32) !== 0) return 'it is encrypted';
  if (version === 2) return undefined;
  if (header.length < 80) return 'its header is cut off';
  const incompatible = header.readBigUInt64BE(72);
  if ((incompatible & INCOMPATIBLE_DATA_FILE) !== 0n) return 'it has an external data file';
  if ((incompatible & INCOMPATIBLE_CORRUPT) !== 0n) return 'it is marked corrupt';
  if ((incompatible & ~INCOMPATIBLE_KNOWN) !== 0n) return 'it uses features that are not known';
  return undefined;
}
