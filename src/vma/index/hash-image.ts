import { open, type FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { upstream } from '../../base/errors.ts';
import { HOUR, MiB } from '../../base/units.ts';
import { runLines } from '../child-process.ts';
import { toolFailed } from '../folder/freeze.ts';
import { BLOCK_BYTES, blockCount, type IndexIdentity, writeIndex } from './block-index.ts';

/** Makes the index of a frozen raw image: one read of what is allocated; holes are skipped by the file system's map. */

/** 32 blocks: large enough for a disk, small enough not to hold the event loop for long. */
const READ_BYTES = 2 * MiB;
const MAP_DEADLINE_MS = 2 * HOUR;

/** One line of `qemu-img map --output=json`. */
const mapEntry = z.object({ start: z.int().min(0), length: z.int().positive(), zero: z.boolean(), data: z.boolean() });

interface BlockRun {
  readonly first: number;
  /** Exclusive. */
  end: number;
}

export async function hashImage(job: {
  readonly imagePath: string;
  readonly indexPath: string;
  readonly identity: IndexIdentity;
  readonly signal: AbortSignal;
}): Promise<void> {
  const capacityBytes = job.identity.capacity_bytes;
  const runs = await dataRuns(job.imagePath, capacityBytes, job.signal);
  const image = await open(job.imagePath, 'r');
  try {
    const index = await writeIndex(job.indexPath, job.identity);
    try {
      let next = 0;
      for (const run of runs) {
        await index.zeros(run.first - next);
        await hashRun({ image, run, capacityBytes, signal: job.signal }, (block) => index.block(block));
        next = run.end;
      }
      await index.zeros(blockCount(capacityBytes) - next);
      await index.finish();
    } finally {
      await index.close();
    }
  } finally {
    await image.close();
  }
}

async function hashRun(
  job: { image: FileHandle; run: BlockRun; capacityBytes: number; signal: AbortSignal },
  take: (block: Buffer) => Promise<void>,
): Promise<void> {
  const buffers = [Buffer.allocUnsafe(READ_BYTES), Buffer.allocUnsafe(READ_BYTES)] as const;
  const end = Math.min(job.run.end * BLOCK_BYTES, job.capacityBytes);
  let position = job.run.first * BLOCK_BYTES;
  let turn = 0;
  const read = (): Promise<Buffer> => {
    const buffer = buffers[turn++ % 2 === 0 ? 0 : 1].subarray(0, Math.min(READ_BYTES, end - position));
    const from = position;
    position += buffer.length;
    return fill(job.image, buffer, from);
  };
  let ahead = read();
  for (;;) {
    const chunk = await ahead;
    if (chunk.length === 0) return;
    job.signal.throwIfAborted();
    // The next read runs while this chunk is hashed; it goes into the other buffer.
    ahead = read();
    ahead.catch(() => undefined);
    for (let at = 0; at < chunk.length; at += BLOCK_BYTES) await take(chunk.subarray(at, at + BLOCK_BYTES));
  }
}

async function fill(image: FileHandle, buffer: Buffer, position: number): Promise<Buffer> {
  let done = 0;
  while (done < buffer.length) {
    const { bytesRead } = await image.read(buffer, done, buffer.length - done, position + done);
    if (bytesRead === 0) throw upstream('source.read-failed', 'a frozen image is shorter than it was');
    done += bytesRead;
  }
  return buffer;
}

/**
 * Runs of blocks that may hold data, from the allocation of the file: neighbours joined, so that there are far fewer
 * of them than extents. The map must cover the image without a gap, or it is not believed.
 */
async function dataRuns(imagePath: string, capacityBytes: number, signal: AbortSignal): Promise<BlockRun[]> {
  const runs: BlockRun[] = [];
  let covered = 0;
  const args = ['map', '--output=json', '-f', 'raw', imagePath];
  const run = await runLines({ program: 'qemu-img', args, deadlineMs: MAP_DEADLINE_MS, signal }, (line) => {
    const json = line
      .trim()
      .replace(/^\[/, '')
      .replace(/[\],]+$/, '');
    if (json === '') return;
    const entry = mapEntry.parse(JSON.parse(json));
    if (entry.start !== covered) throw upstream('source.tool-failed', 'the map of a frozen image has a gap');
    covered += entry.length;
    if (entry.data && !entry.zero) addRun(runs, entry.start, Math.min(covered, capacityBytes));
  });
  if (run.code !== 0) throw toolFailed('qemu-img', run);
  if (covered !== capacityBytes) throw upstream('source.tool-failed', 'the map of a frozen image is not whole');
  return runs;
}

function addRun(runs: BlockRun[], startBytes: number, endBytes: number): void {
  const first = Math.floor(startBytes / BLOCK_BYTES);
  const end = blockCount(endBytes);
  const last = runs.at(-1);
  if (last !== undefined && first <= last.end) last.end = Math.max(last.end, end);
  else runs.push({ first, end });
}
