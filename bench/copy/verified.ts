import { GiB } from '../../src/base/units.ts';
import { atMost, type Benchmark } from '../frame/benchmark.ts';
import { assertSame, Disks, roomFor } from './disks.ts';
import { fight } from './duel.ts';
import { oursAs } from './side.ts';

const ROUNDS = 5;

export const verify: Benchmark = {
  name: 'verify',
  what: 'a full disk copied alone, with a sample of it verified, and with all of it verified',
  async run(say) {
    const bytes = roomFor(8 * GiB);
    using disks = new Disks(2 * bytes);
    const source = await disks.dense('source', bytes);
    const target = await disks.dense('target', bytes);
    const sides = [oursAs('alone'), oursAs('sample', '--verify=sample'), oursAs('full', '--verify=full')];
    const standings = await fight({
      bytes,
      say,
      rounds: ROUNDS,
      sides,
      open: () => disks.open(['--readonly', 'file', source], ['file', target]),
      check: () => Promise.resolve(assertSame(source, target)),
    });
    const wallS = (side: string): number => standings.get(side)?.wall_s ?? NaN;
    return {
      gib: bytes / GiB,
      sides: Object.fromEntries(standings),
      figures: {
        time_of_sample: atMost(wallS('sample') / wallS('alone'), 1.1),
        time_of_full: atMost(wallS('full') / wallS('alone'), 1.7),
      },
    };
  },
};
