import { expect, jest, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import { Random } from '../../support/random.ts';
import { HouseWorker, RandomCycles, type Tally } from '../../support/random-cycles.ts';
import { openVsphereStand, VsphereVm, type VsphereStand } from '../../support/vsphere-stand.ts';

/**
 * A replica is what its snapshot was, whatever happens. A few sequences with seeds that do not change; with
 * CBT_SEQUENCES=300 in the environment so many, and with CBT_SEED=N they begin with this seed. See CONTRIBUTING.md.
 */

const COUNT = Number(process.env['CBT_SEQUENCES'] ?? 2);
const FIRST = Number(process.env['CBT_SEED'] ?? 20_261_122);
/** The volumes of each stay attached until their stand is gone. */
const PER_STAND = 25;
const CYCLES = 6;

jest.setTimeout(COUNT * 120_000 + 180_000);

async function sequence(seed: number, of: { lab: VsphereStand; worker: HouseWorker; tally: Tally }): Promise<void> {
  const random = new Random(seed);
  const odd = (bytes: number): number => bytes + 512 * random.between(1, 127);
  const sizes = random.chance(0.5) ? [odd(MiB)] : [odd(2 * MiB), odd(MiB)];
  const vm = VsphereVm.make(of.lab, sizes);
  of.worker.start();
  await new RandomCycles({ ...of, vm, random }).run(CYCLES).catch((cause: unknown) => {
    throw new Error(`CBT_SEED=${seed}: ${String(cause)}`, { cause });
  });
}

const stands = Array.from({ length: Math.ceil(COUNT / PER_STAND) }, (_, index) => index * PER_STAND);

test.each(stands)(
  'every cycle that ends well has what its snapshot held, and no snapshot stays (%s)',
  async (begin) => {
    const tally: Tally = new Map();
    await using lab = await openVsphereStand({ MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_RECONCILE_MS: '100' });
    await using worker = new HouseWorker(lab);
    for (let index = begin; index < Math.min(COUNT, begin + PER_STAND); index += 1) {
      await sequence(FIRST + index, { lab, worker, tally });
    }
    if (COUNT > PER_STAND) process.stdout.write(`${JSON.stringify(Object.fromEntries(tally))}\n`);
    expect(tally.get('completed')).toBeGreaterThanOrEqual(Math.min(COUNT, PER_STAND));
  },
);
