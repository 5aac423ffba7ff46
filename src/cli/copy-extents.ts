import type { NbdDevice } from '../nbd/device.ts';
import type { ByteRange } from '../transfer/block-device.ts';
import type { CopyArguments } from './copy-arguments.ts';
import { ExtentsDigest, merged, type CopyExtents } from './extents-digest.ts';

/** Of `--extents` or of `--bitmap`; undefined: the whole disk. Nothing has been written yet when it fails. */
export async function openCopyExtents(
  { extentsPath, bitmap }: CopyArguments,
  source: NbdDevice,
  signal: AbortSignal,
): Promise<CopyExtents | undefined> {
  if (extentsPath !== undefined) {
    const { openExtentsFile } = await import('./extents-file.ts');
    return openExtentsFile(extentsPath, source.sizeBytes, signal);
  }
  if (bitmap === undefined) return undefined;
  const { dirtyExtents } = await import('../nbd/dirty-bitmap.ts');
  const extents = (): AsyncIterable<ByteRange> => dirtyExtents(source);
  const seen = new ExtentsDigest();
  for await (const extent of merged(extents(), source.sizeBytes)) seen.add(extent);
  return { extents, ...seen.result(), [Symbol.asyncDispose]: () => Promise.resolve() };
}
