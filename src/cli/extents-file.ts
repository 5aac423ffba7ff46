import { createReadStream } from 'node:fs';
import { constants, open, stat } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { sleep } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { ByteRange } from '../transfer/block-device.ts';
import { ArrayScanner, unreadable } from './array-scanner.ts';
import { ExtentsDigest, merged, type CopyExtents } from './extents-digest.ts';

/**
 * Reads a JSON array of {"offset":N,"length":N} through without holding it, so that mistakes show before the first write.
 * What can be read only once (`-`, a pipe) is kept in a nameless temporary file meanwhile.
 * Errors: copy.extents-unreadable, transfer.extents-invalid, transfer.extents-not-sorted; the reason of `signal`.
 */
export async function openExtentsFile(path: string, lengthBytes: number, signal?: AbortSignal): Promise<CopyExtents> {
  const isFile = !isStdin(path) && (await kindOf(path)) === 'file';
  if (isFile) {
    const extents = (): AsyncIterable<ByteRange> => readExtents(path, createReadStream(path));
    const seen = new ExtentsDigest();
    for await (const extent of merged(extents(), lengthBytes)) {
      signal?.throwIfAborted();
      seen.add(extent);
    }
    return { extents, ...seen.result(), [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const { ExtentsSpool } = await import('./extents-spool.ts');
  const spool = await ExtentsSpool.open();
  try {
    const seen = new ExtentsDigest();
    for await (const extent of merged(readExtents(path, await openStream(path, signal)), lengthBytes)) {
      seen.add(extent);
      await spool.add(extent);
    }
    await spool.end();
    return { extents: () => spool.read(), ...seen.result(), [Symbol.asyncDispose]: () => spool.close() };
  } catch (error) {
    await spool.close();
    signal?.throwIfAborted();
    throw error;
  }
}

/** By any of its names: opened anew, it may be a socket, which cannot be. */
const isStdin = (path: string): boolean => ['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'].includes(path);

async function kindOf(path: string): Promise<'file' | 'pipe' | 'other'> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error instanceof Error ? error.message : String(error));
  });
  if (found.isFIFO()) return 'pipe';
  return found.isFile() || found.isDirectory() ? 'file' : 'other';
}

async function openStream(path: string, signal: AbortSignal | undefined): Promise<Readable> {
  if (isStdin(path)) return signal === undefined ? process.stdin : addAbortSignal(signal, process.stdin);
  const isPipe = (await kindOf(path)) === 'pipe';
  signal?.throwIfAborted();
  // From here to the listener nothing waits: a signal that comes in between would leave the opening without its end.
  const stream = createReadStream(path);
  if (signal === undefined) return stream;
  if (isPipe) {
    const wake = (): void => void wakeReader(path, stream);
    signal.addEventListener('abort', wake, { once: true });
    stream.once('close', () => signal.removeEventListener('abort', wake));
  }
  return addAbortSignal(signal, stream);
}

const WAKE_TIMES = 500;
const WAKE_EVERY_MS = 20;

/**
 * A system call that waits for the writer of a pipe would hold up the end of this process: one byte ends it. Again and
 * again until the stream is closed, because the call may not have come to the pipe yet.
 */
async function wakeReader(path: string, stream: Readable): Promise<void> {
  for (let times = 0; times < WAKE_TIMES && !stream.closed; times += 1) {
    try {
      await using pipe = await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
      if ((await pipe.stat()).isFIFO()) await pipe.write('\n');
    } catch {
      // Nobody reads it, or not yet.
    }
    await sleep(WAKE_EVERY_MS);
  }
}

async function* readExtents(path: string, stream: Readable): AsyncGenerator<ByteRange> {
  const scanner = new ArrayScanner(path);
  try {
    for await (const text of stream.setEncoding('utf8')) yield* scanner.push(String(text));
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw unreadable(path, error instanceof Error ? error.message : String(error));
  }
  scanner.end();
}
