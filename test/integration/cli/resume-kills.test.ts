import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { copyFile, open, writeFile } from 'node:fs/promises';
import { afterAll, expect, test } from '@jest/globals';
import { KiB, MiB, SECOND } from '../../../src/base/units.ts';
import type { ByteRange } from '../../../src/transfer/block-device.ts';
import { alignOutward, clip, normalise, subtract, sumBytes } from '../../../src/transfer/ranges.ts';
import { checkpointAt, lastLine, runCopy, startCopy } from '../../support/copy-command.ts';
import { bytesInBoth, FrozenSource, Random } from '../../support/frozen-source.ts';
import { startNbdkit, TestFolder, writeImage, writeUsed, type NbdServer } from '../../support/nbd-servers.ts';
import { until } from '../../support/until.ts';

/**
 * Copies that are killed in the middle and resumed on a newer snapshot of the source, again and again. A few of them in
 * each run of the tests; RESUME_KILLS=200 is what a release has to pass.
 */
const KILLS = Number(process.env['RESUME_KILLS'] ?? 8);
const KINDS = [
  { kind: 'all of a disk', threads: 2 },
  { kind: 'a delta over the state before', threads: 1 },
  { kind: 'a full resync of what is in use', threads: 1 },
  { kind: 'all of a disk', threads: 1 },
] as const;
const KILLS_A_ROUND = KILLS <= 30 ? Math.ceil(KILLS / KINDS.length) : 10;
/** Smaller disks are not worth a second thread. */
const THREADS_MIB = 272;
const SIZE = Math.max(THREADS_MIB, 128 + 24 * KILLS_A_ROUND) * MiB + 512;
const RATE = 10 * MiB;
const BOUND = Math.max(64 * MiB, 3 * RATE);
/** The servers have no block size, and then it is this. */
const BLOCK = 512;
/** Of one connection, one at a time: nbdkit 1.32.5 may abort where a client vanishes while two threads answer it. */
const ONE_ANSWER = ['--threads', '1'];

const rounds = Array.from({ length: Math.ceil(KILLS / KILLS_A_ROUND) }, (_, index) => ({
  ...(KINDS[index % KINDS.length] ?? KINDS[0]),
  seed: index + 1,
  kills: Math.min(KILLS_A_ROUND, KILLS - index * KILLS_A_ROUND),
}));

/** What the copies of one disk write to, and what its server saw of them. */
class Target {
  readonly path: string;
  readonly log: string;
  readonly server: NbdServer;
  #logAt = 0;

  constructor(server: NbdServer, path: string, log: string) {
    this.server = server;
    this.path = path;
    this.log = log;
  }

  /** Data that came since the last call, as the server logged it: nbdkit-log-filter(1). */
  written(): ByteRange[] {
    const text = readFileSync(this.log, 'latin1').slice(this.#logAt);
    this.#logAt += text.length;
    return [...text.matchAll(/ Write id=\d+ offset=0x([0-9a-f]+) count=0x([0-9a-f]+)/g)].map((match) => ({
      offset: Number.parseInt(match[1] ?? '', 16),
      length: Number.parseInt(match[2] ?? '', 16),
    }));
  }

  /** Connections that data came over since then. */
  get writers(): number {
    const text = readFileSync(this.log, 'latin1').slice(this.#logAt);
    return new Set([...text.matchAll(/ connection=(\d+) Write /g)].map(([, connection]) => connection)).size;
  }

  get logBytes(): number {
    return statSync(this.log).size;
  }

  /** The last requests of a killed client are over when the server has said goodbye to all its connections. */
  async quiet(): Promise<void> {
    const count = (text: string, word: string): number => text.split(` ${word} `).length - 1;
    const isQuiet = (): boolean => {
      if (this.server.hasEnded) throw new Error('the server of the target did not survive its client');
      const text = readFileSync(this.log, 'latin1').replaceAll('\n', ' \n');
      return count(text, 'Connect') === count(text, 'Disconnect');
    };
    await until(isQuiet, { withinMs: 60 * SECOND, what: 'the end of all connections' });
  }
}

async function expectEqual(one: string, other: string, ranges: readonly ByteRange[]): Promise<void> {
  await using files = new AsyncDisposableStack();
  const [a, b] = [files.use(await open(one)), files.use(await open(other))];
  for (const { offset, length } of ranges) {
    const [ours, theirs] = [Buffer.alloc(length), Buffer.alloc(length)];
    await a.read(ours, 0, length, offset);
    await b.read(theirs, 0, length, offset);
    if (!ours.equals(theirs)) throw new Error(`${one} and ${other} differ in [${offset}, ${offset + length})`);
  }
}

interface Extents {
  /** What the source says now. */
  readonly now: readonly ByteRange[];
  /** What the first run was told; somebody may give it again. */
  readonly first: readonly ByteRange[];
}

interface Attempt {
  readonly given: readonly ByteRange[] | undefined;
  readonly changed: { readonly areas: readonly ByteRange[]; readonly since: string } | undefined;
}

/** One disk, its copies and their kills. */
class Round {
  readonly #folder: TestFolder;
  readonly #target: Target;
  readonly #source: FrozenSource;
  readonly #random: Random;
  readonly #isZeroed: boolean;
  readonly #threads: number;
  #extents: Extents | undefined;
  /** All extents that any run was told. */
  #known: ByteRange[] = [];
  #done: ByteRange[] = [];
  /** Bytes that are on the target and equal to the snapshot, whether or not a checkpoint says so. */
  #valid: ByteRange[] = [];
  #files = 0;

  constructor(
    folder: TestFolder,
    disks: {
      target: Target;
      source: FrozenSource;
      random: Random;
      extents: ByteRange[] | undefined;
      isZeroed: boolean;
      threads: number;
    },
  ) {
    this.#folder = folder;
    this.#target = disks.target;
    this.#source = disks.source;
    this.#random = disks.random;
    this.#extents = disks.extents === undefined ? undefined : { now: disks.extents, first: disks.extents };
    this.#isZeroed = disks.isZeroed;
    this.#threads = disks.threads;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#target.server[Symbol.asyncDispose]();
  }

  /** What the next attempt is told, after the source went on, or did not. */
  async next(last: Attempt | undefined, isLast = false): Promise<Attempt> {
    if (last !== undefined && !isLast && this.#random.below(4) === 0) return { ...last, changed: undefined };
    if (last === undefined) return { given: this.#extents?.now, changed: undefined };
    const since = this.#source.snapshot;
    const worked = (this.#done.at(-1)?.offset ?? 0) + (this.#done.at(-1)?.length ?? 0);
    const { changed, data } = await this.#source.change([
      ...this.#random.ranges(1 + this.#random.below(8), { limit: worked + 1, lengthMax: 512 * KiB }),
      ...this.#random.ranges(1 + this.#random.below(8), { limit: SIZE + MiB, lengthMax: 256 * KiB }),
    ]);
    if (this.#extents === undefined) return { given: undefined, changed: { areas: changed, since } };
    const more = this.#isZeroed ? data : changed;
    const now = normalise([...this.#extents.now, ...more]);
    this.#extents = { ...this.#extents, now };
    const extra = this.#random.ranges(2, { limit: SIZE, lengthMax: 64 * KiB });
    // The list of the first run says nothing of what changed since, and no later run makes up for the last.
    const given = isLast ? this.#extents.first : [now, normalise([...now, ...extra])][this.#random.below(2)];
    return { given, changed: { areas: changed, since } };
  }

  /** Runs until it is somewhere in the middle, and kills it. @returns data written that was there already */
  async killed(attempt: Attempt): Promise<number> {
    const left = this.#leftBy(attempt);
    await using from = await this.#serve();
    const run = startCopy(this.#folder, [...(await this.#arguments(from, attempt)), '--rate', String(RATE)]);
    const early = run.ended.then((ended) => {
      throw new Error(`not killed in the middle: ${JSON.stringify(ended)}`);
    });
    early.catch(() => undefined);
    const further = this.#random.below(3) * MiB;
    await Promise.race([early, this.#untilPast(sumBytes(left) + further)]);
    const logBytes = this.#target.logBytes + this.#random.below(2_000);
    // One connection each: all threads have written something when they are killed.
    const isFurther = (): boolean => this.#target.logBytes >= logBytes && this.#target.writers >= this.#threads;
    await Promise.race([early, until(isFurther, { withinMs: 60 * SECOND, what: 'more writes' })]);

    run.child.kill('SIGKILL');
    expect(await run.ended).toMatchObject({ code: null, stdout: '', stderr: '' });
    await this.#target.quiet();
    const found = checkpointAt(this.#checkpoint);
    expect(found?.snapshot).toBe(this.#source.snapshot);
    expect(sumBytes(subtract(left, found?.done ?? []))).toBe(0);
    await expectEqual(this.#source.path, this.#target.path, found?.done ?? []);
    this.#done = found?.done ?? [];
    return this.#writtenTwice(left);
  }

  /** Runs to the end. @returns data written that was there already */
  async finished(attempt: Attempt): Promise<number> {
    const left = this.#leftBy(attempt);
    await using from = await this.#serve();
    const { code, stdout, stderr } = await runCopy(this.#folder, ...(await this.#arguments(from, attempt)));
    expect([code, stderr]).toEqual([0, '']);
    expect(lastLine(stdout)).toMatchObject({ resumed: true, retries: 0 });
    expect(checkpointAt(this.#checkpoint)).toBeUndefined();
    execFileSync('cmp', [this.#source.path, this.#target.path]);
    return this.#writtenTwice(left);
  }

  get #checkpoint(): string {
    return this.#folder.file('checkpoint');
  }

  #serve(): Promise<NbdServer> {
    return startNbdkit(this.#folder, ...ONE_ANSWER, '--readonly', 'file', this.#source.path);
  }

  async #arguments(from: NbdServer, { given, changed }: Attempt): Promise<string[]> {
    const list = async (ranges: readonly ByteRange[]): Promise<string> => {
      const path = this.#folder.file(`list${(this.#files += 1)}`);
      await writeFile(path, JSON.stringify(ranges));
      return path;
    };
    return [
      ...[from.uri(), this.#target.server.uri(), '--checkpoint', this.#checkpoint, '--json'],
      ...['--connections', '2', '--threads', String(this.#threads), ...(this.#isZeroed ? ['--zero-outside'] : [])],
      ...['--snapshot', this.#source.snapshot],
      ...(given === undefined ? [] : ['--extents', await list(given)]),
      ...(changed === undefined ? [] : ['--changed', await list(changed.areas), '--changed-since', changed.since]),
    ];
  }

  /** What of the work of earlier attempts still counts: an independent account of what the checkpoint has to say. */
  #leftBy({ given, changed }: Attempt): ByteRange[] {
    const areas = changed?.areas ?? [];
    const unknown = given === undefined ? [] : subtract(normalise(given), this.#known);
    this.#known = normalise([...this.#known, ...(given ?? []), ...areas]);
    this.#valid = subtract(this.#valid, blocks(areas));
    // The first attempt has nothing, and all is new to it.
    return this.#done.length === 0 ? [] : subtract(this.#done, blocks([...areas, ...unknown]));
  }

  async #untilPast(bytes: number): Promise<void> {
    const isPast = (): boolean => {
      const found = checkpointAt(this.#checkpoint);
      return found?.snapshot === this.#source.snapshot && sumBytes(found.done) > bytes;
    };
    await until(isPast, { withinMs: 60 * SECOND, what: 'a checkpoint of this attempt' });
  }

  #writtenTwice(left: readonly ByteRange[]): number {
    const requests = this.#target.written();
    const written = normalise(requests);
    expect(bytesInBoth(written, left)).toBe(0);
    const again = sumBytes(requests) - sumBytes(written) + bytesInBoth(written, this.#valid);
    this.#valid = normalise([...this.#valid, ...written]);
    return again;
  }
}

const blocks = (ranges: readonly ByteRange[]): ByteRange[] =>
  normalise(
    ranges.flatMap((range) => {
      const inside = clip(range, SIZE);
      return inside === undefined ? [] : [alignOutward(inside, BLOCK, SIZE)];
    }),
  );

async function openRound(
  folder: TestFolder,
  { kind, threads }: (typeof KINDS)[number],
  random: Random,
): Promise<Round> {
  const [path, log] = [folder.file('target'), folder.file('log')];
  const source = new FrozenSource(folder, SIZE, random);
  const lengthMax = Math.floor(SIZE / 24);
  const parts = blocks(random.ranges(40, { limit: SIZE, lengthMax }));
  if (kind === 'a delta over the state before') {
    await writeImage(folder.file('before'), SIZE, [{ offset: 0, length: SIZE }]);
    await copyFile(folder.file('before'), path);
    await source.make(parts, folder.file('before'));
  } else {
    await writeUsed(path, SIZE);
    await source.make(parts);
  }
  const server = await startNbdkit(folder, ...ONE_ANSWER, '--filter=log', 'file', path, `logfile=${log}`);
  const extents = kind === 'all of a disk' ? undefined : parts;
  const isZeroed = kind === 'a full resync of what is in use';
  return new Round(folder, { target: new Target(server, path, log), source, random, extents, isZeroed, threads });
}

const again: number[] = [];

test.each(rounds)('$kind, $threads at work, killed $kills times (seed $seed), ends equal', async (which) => {
  const { seed, kills } = which;
  using folder = new TestFolder();
  const round = await openRound(folder, which, new Random(seed));
  await using _closed = round;
  let attempt = await round.next(undefined);
  for (let kill = 0; kill < kills; kill += 1) {
    const bytes = await round.killed(attempt);
    if (kill > 0) again.push(bytes);
    attempt = await round.next(attempt, kill === kills - 1);
  }
  again.push(await round.finished(attempt));
  for (const bytes of again) expect(bytes).toBeLessThanOrEqual(BOUND);
});

afterAll(() => {
  if (process.env['RESUME_KILLS'] === undefined) return;
  const sorted = again.toSorted((a, b) => a - b);
  const mib = (bytes = 0): string => `${(bytes / MiB).toFixed(1)} MiB`;
  const median = mib(sorted[sorted.length >> 1]);
  process.stderr.write(`${again.length} kills: ${median} twice per kill (median), at most ${mib(sorted.at(-1))}\n`);
});
