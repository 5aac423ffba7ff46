import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { KilledCycles, type Kill } from '../../support/killed-cycles.ts';
import { Random } from '../../support/random.ts';
import { openReplicationStand, type ReplicationStand } from '../../support/replication-stand.ts';

/**
 * Whoever dies, and whenever: the last committed point of all disks is one of the two snapshots, whole, and in the end it
 * is the later one. A few moments with a seed that does not change; with OVERLAY_KILLS=300 in the environment every
 * moment of worker and volume daemon in turn, then others by chance; OVERLAY_SEED=N is the seed. See CONTRIBUTING.md.
 */

const COUNT = Number(process.env['OVERLAY_KILLS'] ?? 0);
const USUAL = 5;
const SEED = Number(process.env['OVERLAY_SEED'] ?? 20_261_122);

jest.setTimeout(COUNT * 60_000 + 300_000);

let stand: ReplicationStand;
beforeAll(async () => {
  stand = await openReplicationStand({ MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_RECONCILE_MS: '100' });
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
});

const VICTIMS = ['worker', 'daemon', 'qemu'] as const;
const WHEN = ['before', 'after'] as const;

function byChance(random: Random, moments: { worker: number; daemon: number }): Kill {
  const victim = random.of(VICTIMS);
  const isSlow = random.chance(0.3);
  const at = random.between(1, victim === 'worker' ? moments.worker : moments.daemon);
  return { victim, at, when: random.of(WHEN), isSlow, laterMs: random.chance(0.5) ? random.between(0, 60) : 0 };
}

/** Each statement of each of them, before and after it. */
function allMoments({ worker, daemon }: { worker: number; daemon: number }): Kill[] {
  const of = (victim: Kill['victim'], count: number): Kill[] =>
    Array.from({ length: count }, (_, index) => WHEN.map((when) => ({ victim, at: index + 1, when }))).flat();
  return [...of('daemon', daemon), ...of('worker', worker), ...of('qemu', daemon)];
}

test('the last committed point is one of two snapshots, whole, whoever is killed and whenever', async () => {
  await using cycles = await KilledCycles.begin(stand);
  const random = new Random(SEED);
  const moments = await cycles.moments(random);
  const inTurn = COUNT > 0 ? allMoments(moments) : [];
  const some = Array.from({ length: Math.max(0, (COUNT || USUAL) - inTurn.length) }, () => byChance(random, moments));
  for (const kill of [...inTurn, ...some].slice(0, COUNT || USUAL)) {
    await cycles.cycle(kill, random);
    if (COUNT > 0) process.stdout.write(`${JSON.stringify(kill)} ${JSON.stringify(cycles.tally)}\n`);
  }
  process.stdout.write(`${JSON.stringify({ moments, ...cycles.tally })}\n`);
  expect(cycles.tally.kills).toBeGreaterThan(0);
  expect(cycles.tally.looks).toBeGreaterThan(cycles.tally.cycles);
});
