import { availableParallelism } from 'node:os';
import { GiB, SECOND } from '../../src/base/units.ts';
import { median, rounded } from '../frame/statistics.ts';
import type { NbdServer } from './nbd-server.ts';
import type { Side } from './side.ts';
import { timed, type Cost } from './timed-command.ts';

/** Two servers to copy between. */
export interface Ends extends AsyncDisposable {
  readonly source: NbdServer;
  readonly target: NbdServer;
}

export interface Duel {
  readonly sides: readonly Side[];
  readonly rounds: number;
  /** What a run moves, for what it costs per GiB. */
  readonly bytes: number;
  /** The ends of one run, as new to each side as to the others. */
  readonly open: () => Promise<Ends>;
  /** After a run: throws when the target is not what it must be. A copy that is fast and wrong is no copy. */
  readonly check?: (ends: Ends) => Promise<void>;
  readonly say: (line: string) => void;
}

interface Run extends Cost {
  readonly serversCpuS: number;
}

/** Medians of one side. */
export interface Standing {
  readonly wall_s: number;
  readonly cpu_s: number;
  readonly cpu_s_per_gib: number;
  readonly servers_cpu_s: number;
  /** The wall time that would be left if no processor ever waited: what all of them together used. */
  readonly floor_s: number;
  readonly walls_s: readonly number[];
}

/** The sides take turns, so that a busy moment of the machine is nobody's; one round is not counted. */
export async function fight(duel: Duel): Promise<ReadonlyMap<string, Standing>> {
  const runs = new Map<string, Run[]>(duel.sides.map((side) => [side.name, []]));
  for (let round = 0; round <= duel.rounds; round += 1) {
    for (const side of duel.sides) {
      const run = await runOnce(duel, side);
      if (round > 0) runs.get(side.name)?.push(run);
    }
    const last = duel.sides.map(({ name }) => `${name} ${(runs.get(name)?.at(-1)?.wallS ?? NaN).toFixed(2)} s`);
    if (round > 0) duel.say(`round ${round}: ${last.join(', ')}`);
  }
  return new Map([...runs].map(([name, all]) => [name, standingOf(all, duel.bytes)]));
}

async function runOnce(duel: Duel, side: Side): Promise<Run> {
  await using ends = await duel.open();
  const used = (): number => ends.source.cpuMs() + ends.target.cpuMs();
  const before = used();
  const cost = await timed(side.command(ends.source.uri, ends.target.uri));
  const serversCpuS = (used() - before) / SECOND;
  await duel.check?.(ends);
  return { ...cost, serversCpuS };
}

function standingOf(runs: readonly Run[], bytes: number): Standing {
  const of = (pick: (run: Run) => number): number => median(runs.map(pick));
  const cpuS = of((run) => run.cpuS);
  const serversCpuS = of((run) => run.serversCpuS);
  return {
    wall_s: rounded(of((run) => run.wallS)),
    cpu_s: rounded(cpuS),
    cpu_s_per_gib: rounded(cpuS / (bytes / GiB)),
    servers_cpu_s: rounded(serversCpuS),
    floor_s: rounded((cpuS + serversCpuS) / availableParallelism()),
    walls_s: runs.map((run) => rounded(run.wallS)),
  };
}

/** The settings of nbdcopy that are quickest here, one run each. */
export async function bestOf(duel: Omit<Duel, 'sides' | 'rounds'>, sides: readonly Side[]): Promise<Side> {
  const tried: { side: Side; wallS: number }[] = [];
  for (const side of sides) tried.push({ side, wallS: (await runOnce({ ...duel, sides, rounds: 1 }, side)).wallS });
  const [best] = tried.toSorted((a, b) => a.wallS - b.wallS);
  if (best === undefined) throw new Error('nothing to choose from');
  duel.say(`best of the sweep: ${best.side.command('SRC', 'DST').join(' ')}`);
  return best.side;
}
