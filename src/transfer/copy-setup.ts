import { precondition } from '../base/errors.ts';
import { invariant } from '../base/invariant.ts';
import { KiB, MiB } from '../base/units.ts';
import type { CopyOptions } from './copy-options.ts';
import { alignDown, alignUp } from './ranges.ts';

/** What follows from the options and from the limits of both sides. */
export interface CopySetup {
  readonly blockBytes: number;
  readonly targetBlockBytes: number;
  readonly targetIsLarger: boolean;
  /** Multiple of blockBytes, acceptable for both sides. */
  readonly requestBytes: number;
  readonly slabBytes: number;
  readonly lanes: { readonly start: number; readonly max: number };
  /** When it is known before the extents are read. */
  readonly bytesTotal: number | undefined;
}

const DEFAULT_REQUEST_BYTES = 512 * KiB;
/** Lanes to begin with: enough where the far sides answer at once. */
const LANES_START = 16;
/** Small requests need no more of them: two connections of depth 16 at each end are busy then. */
const LANES_MAX = 64;
/** All slabs together, unless more is asked for: what a further disk may cost a worker. */
const SLABS_BYTES = 20 * MiB;
/** The same whatever is asked for. */
const SLABS_BYTES_MAX = 64 * MiB;

/** Refuses what cannot end well before the first write. Errors: see copyDisk. */
export function settle(options: CopyOptions): CopySetup {
  const { source, target, lengthBytes } = options;
  refuse(options);
  const blockBytes = Math.max(source.limits.minBytes, target.limits.minBytes);
  const wished = Math.max(
    options.requestBytes ?? DEFAULT_REQUEST_BYTES,
    Math.min(Math.max(source.limits.preferredBytes, target.limits.preferredBytes), DEFAULT_REQUEST_BYTES),
  );
  const allowed = Math.min(wished, source.limits.maxBytes, target.limits.maxBytes, SLABS_BYTES_MAX);
  const requestBytes = Math.max(alignDown(allowed, blockBytes), blockBytes);
  const slabBytes = alignUp(requestBytes, source.limits.minBytes);
  const isWhole = options.extents === undefined || options.outside === 'zero';
  return {
    blockBytes,
    targetBlockBytes: target.limits.minBytes,
    targetIsLarger: target.sizeBytes > lengthBytes,
    requestBytes,
    slabBytes,
    lanes: lanesOf(options.inFlight, slabBytes),
    bytesTotal: isWhole ? lengthBytes : options.extentsBytes,
  };
}

/** As many as were asked for, or as many as pay. */
function lanesOf(inFlight: number | undefined, slabBytes: number): { start: number; max: number } {
  const most = Math.max(1, Math.floor((inFlight === undefined ? SLABS_BYTES : SLABS_BYTES_MAX) / slabBytes));
  if (inFlight === undefined) return { start: Math.min(LANES_START, most), max: Math.min(most, LANES_MAX) };
  return { start: Math.min(inFlight, most), max: Math.min(inFlight, most) };
}

function refuse({ source, target, lengthBytes, allowNoFlush }: CopyOptions): void {
  invariant(Number.isSafeInteger(lengthBytes) && lengthBytes >= 0, 'the length of a disk is a number of bytes');
  invariant(lengthBytes <= source.sizeBytes, 'a copy is not longer than its source');
  if (target.sizeBytes < lengthBytes) {
    throw precondition('transfer.target-too-small', `${target.name} is smaller than the source`, {
      hint: `it has ${target.sizeBytes} bytes and needs ${lengthBytes}`,
      details: { target: target.name, targetBytes: target.sizeBytes, sourceBytes: lengthBytes },
    });
  }
  if (target.features.isReadOnly) {
    throw precondition('transfer.target-read-only', `${target.name} is read-only`, {
      hint: 'export the target writable',
      details: { target: target.name },
    });
  }
  if (!target.features.canFlush && allowNoFlush !== true) {
    throw precondition('transfer.target-cannot-flush', `${target.name} has no flush: no write to it is ever durable`, {
      hint: 'export the target with flush support, or allow this explicitly',
      details: { target: target.name },
    });
  }
}
