import { join } from 'node:path';
import { GiB, MiB } from '../../src/base/units.ts';
import { atLeast, below, type Benchmark } from '../frame/benchmark.ts';
import { rounded } from '../frame/statistics.ts';
import { assertSame, Disks, roomFor } from './disks.ts';
import { fight } from './duel.ts';
import type { ManyDisks, ManyDisksOutcome } from './many-disks-process.ts';
import type { Side } from './side.ts';
import { timed } from './timed-command.ts';

const DISKS = 20;
const ROUNDS = 5;
/** Contract: memory of a further disk in a worker. */
const FURTHER_DISK_MIB = 24;

const exportOf = (uri: string, at: number): string => uri.replace('///?', `///disk-${at}?`);
const pairsOf = (source: string, target: string, disks: number) =>
  Array.from({ length: disks }, (_, at) => ({ source: exportOf(source, at), target: exportOf(target, at) }));

const oneProcess = (disks: number): Side => ({
  name: 'ours',
  command(source, target) {
    const order: ManyDisks = { disks: pairsOf(source, target, disks) };
    return [process.execPath, join(import.meta.dirname, 'many-disks-process.ts'), JSON.stringify(order)];
  },
});

/** One nbdcopy per disk, side by side. */
const sideBySide: Side = {
  name: 'nbdcopy',
  command(source, target) {
    const script =
      'while (($#)); do nbdcopy --flush "$1" "$2" & shift 2; all+=($!); done; for one in "${all[@]}"; do wait "$one" || exit 1; done';
    return ['bash', '-c', script, 'bash', ...pairsOf(source, target, DISKS).flatMap(Object.values<string>)];
  },
};

export const copyManyDisks: Benchmark = {
  name: 'copy-many-disks',
  what: `${DISKS} full disks at once, in one process of ours, against as many nbdcopy side by side`,
  async run(say) {
    const bytes = Math.floor(roomFor(8 * GiB) / DISKS / MiB) * MiB;
    using disks = new Disks(2 * bytes * DISKS);
    const [sources, targets] = [disks.folder('sources'), disks.folder('targets')];
    for (let at = 0; at < DISKS; at += 1) {
      await disks.dense(`sources/disk-${at}`, bytes);
      await disks.dense(`targets/disk-${at}`, bytes);
    }
    const open = () => disks.open(['--readonly', 'file', `dir=${sources}`], ['file', `dir=${targets}`]);
    const check = (): Promise<void> => {
      for (let at = 0; at < DISKS; at += 1) assertSame(join(sources, `disk-${at}`), join(targets, `disk-${at}`));
      return Promise.resolve();
    };
    const sides = [oneProcess(DISKS), sideBySide];
    const standings = await fight({ bytes: bytes * DISKS, say, open, check, rounds: ROUNDS, sides });
    const outcome = async (count: number): Promise<ManyDisksOutcome> => {
      await using ends = await open();
      const { stdout } = await timed(oneProcess(count).command(ends.source.uri, ends.target.uri));
      return JSON.parse(stdout) as ManyDisksOutcome;
    };
    const [one, all] = [await outcome(1), await outcome(DISKS)];
    const furtherMib = (all.peakBytes - one.peakBytes) / (DISKS - 1) / MiB;
    say(`memory: ${rounded(one.peakBytes / MiB)} MiB for one disk, ${rounded(furtherMib)} MiB for each further one`);
    const [ours, theirs] = [standings.get('ours'), standings.get('nbdcopy')];
    return {
      gib: (bytes * DISKS) / GiB,
      disks: DISKS,
      sides: Object.fromEntries(standings),
      peak_mib: { one_disk: rounded(one.peakBytes / MiB), all_disks: rounded(all.peakBytes / MiB) },
      figures: {
        speed: atLeast((theirs?.wall_s ?? NaN) / (ours?.wall_s ?? NaN), 1),
        cpu: below((ours?.cpu_s ?? NaN) / (theirs?.cpu_s ?? NaN), 0.9),
        further_disk_mib: below(furtherMib, FURTHER_DISK_MIB),
        slowest_disk_share: atLeast(all.slowest, 0.5),
      },
    };
  },
};
