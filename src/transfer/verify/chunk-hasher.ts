import type { ByteRange } from '../block-device.ts';
import { loadChunkHash } from './chunk-hash.ts';
import { isChosen, type VerifyPlan } from './sample.ts';

/** The hash of a chunk that was read; undefined when the plan does not ask for it. */
export type ChunkHasher = (chunk: ByteRange, bytes: Uint8Array) => bigint | undefined;

/** Errors: those of loadChunkHash. */
export async function loadChunkHasher(plan: VerifyPlan): Promise<ChunkHasher> {
  const hash = await loadChunkHash();
  return (chunk, bytes) => (isChosen(plan, chunk) ? hash(bytes) : undefined);
}
