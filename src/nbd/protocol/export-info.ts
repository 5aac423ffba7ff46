import { precondition } from '../../base/errors.ts';
import { KiB, MiB } from '../../base/units.ts';
import { TRANSMISSION_FLAG } from './constants.ts';
import { protocolError } from './wire.ts';

export interface BlockSizes {
  readonly minBytes: number;
  readonly preferredBytes: number;
  readonly maxBytes: number;
}

/** What was agreed about one export when its handshake ended. */
export interface ExportInfo {
  readonly sizeBytes: number;
  readonly blockSizes: BlockSizes;
  readonly isReadOnly: boolean;
  readonly canFlush: boolean;
  readonly canZero: boolean;
  readonly canMultiConn: boolean;
  /** Reads can be asked to come back in one piece. */
  readonly canDf: boolean;
  readonly hasStructured: boolean;
  /** Id of base:allocation on this connection; undefined: nothing is known of zeros. */
  readonly contextId: number | undefined;
  /** Id of the dirty bitmap that was asked for; undefined where none was. */
  readonly bitmapContextId: number | undefined;
}

/** What a client may assume of a server that says nothing. Source: NBD proto.md, "Block size constraints". */
const UNSAID: BlockSizes = { minBytes: 512, preferredBytes: 4 * KiB, maxBytes: 32 * MiB };
/** qemu hangs up on a larger payload, whatever was advertised. */
const PAYLOAD_BYTES_MAX = 32 * MiB;
const MIN_BYTES_MAX = 64 * KiB;

export interface Agreed {
  readonly sizeBytes: number | undefined;
  readonly flags: number;
  readonly blockSizes: BlockSizes | undefined;
  readonly hasStructured: boolean;
  readonly contextId: number | undefined;
  readonly bitmapContextId: number | undefined;
}

/** Errors: nbd.export-too-large (2^53 bytes or more), nbd.protocol (block sizes that contradict each other). */
export function exportInfo(agreed: Agreed): ExportInfo {
  if (agreed.sizeBytes === undefined) {
    throw precondition('nbd.export-too-large', 'the export has 8 PiB or more', {
      hint: 'sizes are exact only below 2^53 bytes',
    });
  }
  const has = (flag: number): boolean => (agreed.flags & flag) !== 0;
  return {
    sizeBytes: agreed.sizeBytes,
    blockSizes: agreed.blockSizes === undefined ? UNSAID : checked(agreed.blockSizes),
    isReadOnly: has(TRANSMISSION_FLAG.READ_ONLY),
    canFlush: has(TRANSMISSION_FLAG.SEND_FLUSH),
    canZero: has(TRANSMISSION_FLAG.SEND_WRITE_ZEROES),
    canMultiConn: has(TRANSMISSION_FLAG.CAN_MULTI_CONN),
    canDf: has(TRANSMISSION_FLAG.SEND_DF),
    hasStructured: agreed.hasStructured,
    contextId: agreed.contextId,
    bitmapContextId: agreed.bitmapContextId,
  };
}

function checked(sizes: BlockSizes): BlockSizes {
  const { minBytes, preferredBytes, maxBytes } = sizes;
  const isPowerOfTwo = minBytes > 0 && (minBytes & (minBytes - 1)) === 0;
  if (!isPowerOfTwo || minBytes > MIN_BYTES_MAX || maxBytes < minBytes) {
    throw protocolError(`impossible block sizes ${minBytes}/${preferredBytes}/${maxBytes}`);
  }
  const cappedBytes = Math.min(maxBytes, PAYLOAD_BYTES_MAX);
  return { minBytes, preferredBytes, maxBytes: cappedBytes - (cappedBytes % minBytes) };
}
