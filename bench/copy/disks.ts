import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { GiB, KiB, MiB } from '../../src/base/units.ts';
import { memoryFolder, memoryRoomBytes } from '../frame/memory-folder.ts';
import type { Ends } from './duel.ts';
import { startNbdkit } from './nbd-server.ts';

/** Disks of a benchmark, in memory where there is room, and servers for them. Gone with it. */
export class Disks implements Disposable {
  readonly #dir: string;
  #sockets = 0;

  /** @param bytes what its files may take */
  constructor(bytes: number) {
    this.#dir = mkdtempSync(join(memoryFolder(bytes), 'mk-bench-'));
  }

  path(name: string): string {
    return join(this.#dir, name);
  }

  /** A folder for files, to be served by their names. */
  folder(name: string): string {
    mkdirSync(this.path(name));
    return this.path(name);
  }

  /** A file full of bytes that nobody can call zero, or short for anything. */
  async dense(name: string, bytes: number): Promise<string> {
    return this.filled(name, bytes, [{ offset: 0, length: bytes }]);
  }

  /** A file with holes: `percent` of it is data, in runs of 64 KiB to 4 MiB, the same in each run of the benchmark. */
  async sparse(name: string, bytes: number, percent: number): Promise<string> {
    const random = seeded(1);
    const runs: { offset: number; length: number }[] = [];
    let at = 0;
    while (at < bytes) {
      const length = 64 * KiB * (1 + Math.floor(random() * 64));
      runs.push({ offset: at, length: Math.min(length, bytes - at) });
      at += length + 4 * KiB * Math.round(((length / (4 * KiB)) * (100 - percent) * 2 * random()) / percent);
    }
    return this.filled(name, bytes, runs);
  }

  /** A file of the same size, all of it a hole. */
  async empty(name: string, bytes: number): Promise<string> {
    return this.filled(name, bytes, []);
  }

  /** A file with data in `runs` and holes between. */
  async filled(name: string, bytes: number, runs: Iterable<{ offset: number; length: number }>): Promise<string> {
    const block = randomBytes(4 * MiB);
    const file = await open(this.path(name), 'w');
    try {
      await file.truncate(bytes);
      for (const { offset, length } of runs) {
        for (let done = 0; done < length; done += block.length) {
          block.writeDoubleBE(offset + done, 0);
          await file.write(block, 0, Math.min(block.length, length - done), offset + done);
        }
      }
    } finally {
      await file.close();
    }
    return this.path(name);
  }

  /** Both servers: nbdkit with these filters, plugins and parameters. */
  async open(source: readonly string[], target: readonly string[]): Promise<Ends> {
    await using stack = new AsyncDisposableStack();
    const serve = async (args: readonly string[]) =>
      stack.use(await startNbdkit(this.path(`s${(this.#sockets += 1)}`), args));
    const ends = { source: await serve(source), target: await serve(target) };
    const owned = stack.move();
    return { ...ends, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  }

  [Symbol.dispose](): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** Throws unless both files have the same bytes. */
export function assertSame(one: string, other: string): void {
  execFileSync('cmp', ['--', one, other], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** As much as memory allows for a source and a target of which `percent` is data, at most `wished`. */
export function roomFor(wished: number, percent = 100): number {
  const room = (memoryRoomBytes() * 100) / percent;
  const each = Math.floor((room * 0.4) / GiB) * GiB;
  return Math.min(wished, Math.max(each, 1 * GiB));
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
