import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { WIRES, type WireName } from '../../support/cycle-wires.ts';
import { KilledCycles, type Kill } from '../../support/killed-cycles.ts';
import { Random } from '../../support/random.ts';
import { openReplicationStand, type ReplicationStand } from '../../support/replication-stand.ts';

/**
 * Whoever dies, and whenever: the last committed point of all disks is one of the two snapshots, whole, and in the end it
 * is the later one. Worker, volume daemon and qemu are killed where one of them asks another for something: before that is
 * sent, and when it is done and the answer is on its way. A few such moments in every run; with OVERLAY_KILLS=300 in the
 * environment so many of those that a cycle has, and moments by chance once all had their turn; OVERLAY_SEED=N is the seed.
 * See CONTRIBUTING.md.
 */

const COUNT = Number(process.env['OVERLAY_KILLS'] ?? 0);
const SEED = Number(process.env['OVERLAY_SEED'] ?? 20_261_122);

jest.setTimeout(COUNT * 60_000 + 300_000);

let stand: ReplicationStand;
beforeAll(async () => {
  stand = await openReplicationStand({ MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_RECONCILE_MS: '100' });
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
});

const WHEN = ['before', 'after'] as const;
/** Who is killed at what is asked on which wire. */
const DEATHS: readonly (readonly [Kill['victim'], WireName])[] = [
  ['worker', 'worker-sql'],
  ['worker', 'worker-http'],
  ['daemon', 'worker-http'],
  ['daemon', 'daemon-sql'],
  ['daemon', 'daemon-qmp'],
  ['daemon', 'daemon-cloud'],
  ['qemu', 'worker-http'],
  ['qemu', 'daemon-sql'],
  ['qemu', 'daemon-qmp'],
];

/** Of every run: at the landing, at the commit, and in the merge. */
const USUAL: readonly Kill[] = [
  { victim: 'qemu', wire: 'daemon-qmp', what: 'block-export-add', at: 1, when: 'after' },
  { victim: 'worker', wire: 'worker-sql', what: 'update volume_overlays', at: 2, when: 'after' },
  { victim: 'daemon', wire: 'daemon-qmp', what: 'block-commit', at: 2, when: 'after' },
  { victim: 'worker', wire: 'worker-http', what: 'POST merge', at: 1, when: 'before' },
];

type Moments = Readonly<Record<WireName, ReadonlyMap<string, number>>>;

/** Each question of a cycle, before and after it, in an order that is the seed's. */
function allMoments(moments: Moments, random: Random): Kill[] {
  const kills = DEATHS.flatMap(([victim, wire]) =>
    [...moments[wire]].flatMap(([what, count]) =>
      Array.from({ length: count }, (_, index) =>
        WHEN.map((when) => ({ victim, wire, what, at: index + 1, when })),
      ).flat(),
    ),
  );
  return kills
    .map((kill) => ({ kill, place: random.between(0, 1_000_000) }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ kill }) => kill);
}

function byChance(moments: Moments, random: Random): Kill {
  const [victim, wire] = random.of(DEATHS);
  const count = [...moments[wire].values()].reduce((sum, each) => sum + each, 0);
  const at = random.between(1, Math.max(1, count));
  return { victim, wire, at, when: random.of(WHEN), isSlow: random.chance(0.3), laterMs: random.between(0, 60) };
}

async function chosen(cycles: KilledCycles, random: Random): Promise<readonly Kill[]> {
  if (COUNT === 0) return USUAL;
  const moments = await cycles.moments(random);
  const inTurn = allMoments(moments, random);
  process.stdout.write(
    `${inTurn.length} moments: ${JSON.stringify(WIRES.map((name) => [name, [...moments[name]]]))}\n`,
  );
  const more = Array.from({ length: Math.max(0, COUNT - inTurn.length) }, () => byChance(moments, random));
  return [...inTurn, ...more].slice(0, COUNT);
}

test('the last committed point is one of two snapshots, whole, whoever is killed and whenever', async () => {
  await using cycles = await KilledCycles.begin(stand);
  const random = new Random(SEED);
  const kills = await chosen(cycles, random);
  for (const kill of kills) {
    await cycles.cycle(kill, random);
    if (COUNT > 0) process.stdout.write(`${JSON.stringify(kill)} ${JSON.stringify(cycles.tally)}\n`);
  }
  process.stdout.write(`${JSON.stringify({ ...cycles.tally, met: Object.fromEntries(cycles.met) })}\n`);
  // Each of the usual ones is there in every cycle; of the others one may be met by chance only.
  expect(cycles.tally.kills).toBeGreaterThanOrEqual(COUNT === 0 ? kills.length : 1);
  expect(cycles.tally.looks).toBeGreaterThan(cycles.tally.cycles);
});
