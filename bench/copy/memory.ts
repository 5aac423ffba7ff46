import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GiB, MiB } from '../../src/base/units.ts';
import { below, type Benchmark } from '../frame/benchmark.ts';
import { rounded } from '../frame/statistics.ts';
import { Disks, roomFor } from './disks.ts';
import { ours } from './side.ts';
import { timed } from './timed-command.ts';

const TERABYTES = 10_240 * GiB;
const EXTENTS = 1_000_000;
const LIMIT_MIB = 160;

export const memory: Benchmark = {
  name: 'memory',
  what: 'the most memory that copy holds: 10 TiB of holes, 1,000,000 extents of a file and of a pipe, a full disk',
  async run(say) {
    const bytes = roomFor(4 * GiB);
    using disks = new Disks(2 * bytes + 1 * GiB);
    const empty = ['memory', String(TERABYTES)];
    const extents = disks.path('extents.json');
    await pipeline(Readable.from(extentsFile()), createWriteStream(extents));
    const source = await disks.dense('source', bytes);
    const peaks = {
      sparse_10_tib: await peak(disks, [empty, empty]),
      extents_1_000_000: await peak(disks, [empty, empty], { extents }),
      extents_1_000_000_from_a_pipe: await peak(disks, [empty, empty], { extents, isPiped: true }),
      dense: await peak(disks, [
        ['--readonly', 'file', source],
        ['memory', String(bytes)],
      ]),
    };
    for (const [name, mib] of Object.entries(peaks)) say(`${name}: ${mib} MiB`);
    const figures = Object.entries(peaks).map(([name, mib]) => [name, below(mib, LIMIT_MIB + 1)] as const);
    return { unit: 'MiB', peaks, figures: Object.fromEntries(figures) };
  },
};

interface Limited {
  readonly extents?: string;
  /** Through a pipe, which can be read only once. */
  readonly isPiped?: boolean;
}

async function peak(disks: Disks, [from = [], to = []]: string[][], limited: Limited = {}): Promise<number> {
  await using ends = await disks.open(from, to);
  const { extents, isPiped = false } = limited;
  const options = extents === undefined ? [] : ['--extents', isPiped ? '-' : extents];
  const command = ours(...options).command(ends.source.uri, ends.target.uri);
  const { peakBytes } = await timed(
    extents !== undefined && isPiped
      ? ['bash', '-c', 'exec "${@:2}" < <(cat "$1")', 'bash', extents, ...command]
      : command,
  );
  return rounded(peakBytes / MiB);
}

/** Every second half MiB of 1 TiB. */
function* extentsFile(): Generator<string> {
  yield '[';
  for (let index = 0; index < EXTENTS; index += 1) {
    yield `${index === 0 ? '' : ','}{"offset":${index * MiB},"length":${MiB / 2}}`;
  }
  yield ']';
}
