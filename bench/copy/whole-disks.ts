import { GiB } from '../../src/base/units.ts';
import { atLeast, below, type Benchmark, type Figure } from '../frame/benchmark.ts';
import { rounded } from '../frame/statistics.ts';
import { assertSame, Disks, roomFor } from './disks.ts';
import { bestOf, fight, type Duel, type Standing } from './duel.ts';
import { bareLoop, named, nbdcopy, ours, SWEEP, type Side } from './side.ts';
import { timed } from './timed-command.ts';

const ROUNDS = 5;
const PERCENT = 15;

/** Peer's time divided by ours: more than 1 is quicker than the peer. */
const speed = (standings: ReadonlyMap<string, Standing>, peer: string): number =>
  (standings.get(peer)?.wall_s ?? NaN) / (standings.get('ours')?.wall_s ?? NaN);

const cpuShare = (standings: ReadonlyMap<string, Standing>, peer: string): number =>
  (standings.get('ours')?.cpu_s ?? NaN) / (standings.get(peer)?.cpu_s ?? NaN);

/** What a copy of next to nothing takes: most of it is the start of the program. */
async function startUp(disks: Disks, side: Side): Promise<number> {
  await using ends = await disks.open(['memory', '64K'], ['memory', '64K']);
  const { wallS } = await timed(side.command(ends.source.uri, ends.target.uri));
  return rounded(wallS);
}

async function report(
  disks: Disks,
  duel: Duel,
  figures: (of: ReadonlyMap<string, Standing>) => Record<string, Figure>,
) {
  const standings = await fight(duel);
  return {
    gib: duel.bytes / GiB,
    start_up_s: { ours: await startUp(disks, ours()), nbdcopy: await startUp(disks, nbdcopy()) },
    sides: Object.fromEntries(standings),
    figures: figures(standings),
  };
}

export const copyDense: Benchmark = {
  name: 'copy-dense',
  what: 'a disk full of data from one nbdkit to another, against nbdcopy as it comes and at its best; a loop without safety is the floor',
  async run(say) {
    const bytes = roomFor(8 * GiB);
    using disks = new Disks(2 * bytes);
    const source = await disks.dense('source', bytes);
    const target = await disks.dense('target', bytes);
    const base = {
      bytes,
      say,
      open: () => disks.open(['--readonly', 'file', source], ['file', target]),
      check: () => Promise.resolve(assertSame(source, target)),
    };
    const best = await bestOf(
      base,
      SWEEP.map((options) => named('nbdcopy at its best', ...options)),
    );
    const duel = { ...base, rounds: ROUNDS, sides: [ours(), nbdcopy(), best, bareLoop()] };
    return await report(disks, duel, (of) => ({
      speed: atLeast(speed(of, 'nbdcopy'), 1),
      speed_against_its_best: atLeast(speed(of, best.name), 1),
      cpu: below(cpuShare(of, 'nbdcopy'), 0.9),
      cpu_against_its_best: below(cpuShare(of, best.name), 0.9),
    }));
  },
};

/**
 * The target is a file in memory that the first, uncounted run gives its memory: otherwise it is measured how quickly
 * the machine hands out pages, which differs from minute to minute by a multiple of all else.
 */
export const copySparse: Benchmark = {
  name: 'copy-sparse',
  what: `a disk with ${PERCENT} % data, against nbdcopy not told and told that the target reads zero`,
  async run(say) {
    const bytes = roomFor(48 * GiB, PERCENT);
    using disks = new Disks((2 * bytes * PERCENT) / 100);
    const source = await disks.sparse('source', bytes, PERCENT);
    const target = await disks.empty('target', bytes);
    const base = {
      bytes,
      say,
      rounds: ROUNDS,
      open: () => disks.open(['--readonly', 'file', source], ['file', target]),
    };
    const told = { ...base, sides: [ours('--destination-is-zero'), nbdcopy('--destination-is-zero')] };
    const first = await report(disks, { ...base, sides: [ours(), nbdcopy()] }, (of) => ({
      speed: atLeast(speed(of, 'nbdcopy'), 1.1),
    }));
    assertSame(source, target);
    const second = await report(disks, told, (of) => ({ speed_told: atLeast(speed(of, 'nbdcopy'), 1) }));
    assertSame(source, target);
    return { percent: PERCENT, not_told: first, told: second, figures: { ...first.figures, ...second.figures } };
  },
};

export const copyFresh: Benchmark = {
  name: 'copy-fresh',
  what: `the same onto a fresh target that tells its extents, and onto one that does not`,
  async run(say) {
    const bytes = roomFor(8 * GiB);
    using disks = new Disks(bytes / 2);
    const source = await disks.sparse('source', bytes, PERCENT);
    const one = async (name: string, filters: readonly string[]) => {
      const open = () => disks.open(['--readonly', 'file', source], [...filters, 'memory', String(bytes)]);
      const sides = [ours('--destination-is-zero'), nbdcopy('--destination-is-zero')];
      return report(disks, { bytes, say, open, rounds: ROUNDS, sides }, (of) => ({
        [`speed_${name}`]: atLeast(speed(of, 'nbdcopy'), 1),
      }));
    };
    const tells = await one('with_extents', []);
    const silent = await one('without_extents', ['--filter=noextents']);
    return { with_extents: tells, without_extents: silent, figures: { ...tells.figures, ...silent.figures } };
  },
};

const LATENCY_BYTES = 2 * GiB;
const DELAYS_MS = [4, 20];

export const copyLatency: Benchmark = {
  name: 'copy-latency',
  what: 'a full disk where each read and each write takes 4 and 20 ms, against nbdcopy',
  async run(say) {
    using disks = new Disks(2 * LATENCY_BYTES);
    const source = await disks.dense('source', LATENCY_BYTES);
    const parts: Record<string, Awaited<ReturnType<typeof report>>> = {};
    for (const delayMs of DELAYS_MS) {
      const open = () =>
        disks.open(
          ['--readonly', '--filter=delay', 'file', source, `rdelay=${delayMs}ms`],
          ['--filter=delay', 'memory', String(LATENCY_BYTES), `wdelay=${delayMs}ms`],
        );
      const duel = { bytes: LATENCY_BYTES, say, open, rounds: 3, sides: [ours(), nbdcopy()] };
      parts[`${delayMs}_ms`] = await report(disks, duel, (of) => ({
        [`speed_at_${delayMs}_ms`]: atLeast(speed(of, 'nbdcopy'), 1),
      }));
    }
    return { ...parts, figures: Object.assign({}, ...Object.values(parts).map((part) => part.figures)) };
  },
};
