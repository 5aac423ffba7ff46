import { compareSamples } from '../transfer/compare.ts';
import { normalExtents } from '../transfer/extent-stream.ts';
import type { CopyArguments } from './copy-arguments.ts';
import { CheckpointFile } from './copy-checkpoint.ts';
import { CheckpointLock } from './checkpoint-lock.ts';
import type { CheckpointedCopy } from './checkpoint-identity.ts';
import type { CopySides } from './copy-sides.ts';
import type { CopyExtents } from './extents-digest.ts';
import { openExtentsFile } from './extents-file.ts';

/** Places of earlier work that a resumed copy looks at again on both sides. */
const SAMPLES = 32;

export interface Resumable {
  readonly path: string;
  readonly args: CopyArguments;
  readonly sides: CopySides;
  readonly extents: CopyExtents | undefined;
  readonly signal: AbortSignal;
}

export const lockCheckpoint = (path: string): Promise<CheckpointLock> => CheckpointLock.take(path);

/**
 * The checkpoint of the copy, ready to be written to. The samples come before the file says that it is of a new snapshot:
 * who named the wrong changed areas, and hears it from them, can still name the right ones. Errors: those of
 * CheckpointFile, of compareSamples and of openExtentsFile.
 */
export async function resumeCopy({ path, args, sides, extents, signal }: Resumable): Promise<CheckpointFile> {
  const { source, target } = sides;
  const lengthBytes = source.sizeBytes;
  const blockBytes = Math.max(source.limits.minBytes, target.limits.minBytes);
  const { changed } = args;
  // Read for the last time when the file begins to speak of this copy.
  await using areas = changed && (await openExtentsFile(changed.path, lengthBytes, signal));
  const copy: CheckpointedCopy = {
    lengthBytes,
    targetBytes: target.sizeBytes,
    blockBytes,
    outside: args.zeroOutside ? 'zero' : 'leave',
    extents,
    snapshot: args.snapshot,
    changed: changed && areas && { areas, since: changed.since },
  };
  const file = await CheckpointFile.open(path, copy);
  try {
    const all = file.extents();
    // Between the extents nothing was copied, and the sides may differ there.
    const extents = all && normalExtents(all, copy);
    if (file.done.length > 0) await compareSamples({ source, target, done: file.done, extents, samples: SAMPLES });
    signal.throwIfAborted();
    await file.begin();
  } catch (error) {
    await file.close();
    throw error;
  }
  return file;
}
