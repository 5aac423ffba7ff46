import type { Worker } from 'node:worker_threads';
import { precondition } from '../base/errors.ts';
import { invariant } from '../base/invariant.ts';
import { MiB } from '../base/units.ts';
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
  /** Opens the threads that carry besides this one; one call each. */
  readonly threads: readonly (() => Worker)[];
  /** When it is known before the extents are read. */
  readonly bytesTotal: number | undefined;
}

const DEFAULT_REQUEST_BYTES = 1 * MiB;
/** Lanes to begin with, of one carrier and of each of several: enough where the far sides answer at once. */
const LANES_START = { alone: 8, together: 6 };
/** Small requests need no more of them: two connections of depth 16 at each end are busy then. */
const LANES_MAX = 64;
/** A copy of less is over before another thread has begun. */
export const THREADS_PAY_BYTES = 256 * MiB;
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
  const bytesTotal = isWhole ? lengthBytes : options.extentsBytes;
  const threads = threadsOf(options, bytesTotal);
  return {
    blockBytes,
    targetBlockBytes: target.limits.minBytes,
    targetIsLarger: target.sizeBytes > lengthBytes,
    requestBytes,
    slabBytes,
    lanes: lanesOf(options.inFlight, { slabBytes, carriers: 1 + threads.length }),
    threads,
    bytesTotal,
  };
}

/**
 * Several writers need a target that lets them, and whose FLUSH speaks for all of them. Areas that somebody names are
 * mostly small: they gain nothing by a second thread, and a million of them would make its heap larger than all slabs.
 */
function threadsOf(options: CopyOptions, bytesTotal: number | undefined): CopySetup['threads'] {
  const { source, target, openThread, threads = 1 } = options;
  const mayShare = source.features.canShare && target.features.canShare && target.features.canFlush;
  if (openThread === undefined || !mayShare || options.extents !== undefined) return [];
  if ((bytesTotal ?? Infinity) < THREADS_PAY_BYTES) return [];
  return Array.from({ length: threads - 1 }, () => openThread);
}

/** Per carrier: as many as were asked for, or as many as pay. */
function lanesOf(
  inFlight: number | undefined,
  { slabBytes, carriers }: { slabBytes: number; carriers: number },
): CopySetup['lanes'] {
  const slabsBytes = (inFlight === undefined ? SLABS_BYTES : SLABS_BYTES_MAX) / carriers;
  const most = Math.max(1, Math.floor(slabsBytes / slabBytes));
  if (inFlight === undefined) {
    const start = carriers === 1 ? LANES_START.alone : LANES_START.together;
    return { start: Math.min(start, most), max: Math.min(most, LANES_MAX) };
  }
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
