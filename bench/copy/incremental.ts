import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GiB, KiB } from '../../src/base/units.ts';
import { atLeast, type Benchmark } from '../frame/benchmark.ts';
import { Disks, seeded } from './disks.ts';
import { fight } from './duel.ts';
import { ours, type Side } from './side.ts';

const DISK_BYTES = 64 * GiB;
const AREAS = 20_000;
const AREA_BYTES = 64 * KiB;
const DELAY = '1ms';

export const copyIncremental: Benchmark = {
  name: 'copy-incremental',
  what: `${AREAS} changed areas of 64 KiB, ${DELAY} on both sides, against one area after the other`,
  async run(say) {
    using disks = new Disks(4 * GiB);
    const extents = disks.path('extents.json');
    const changed = areas();
    writeFileSync(extents, JSON.stringify(changed));
    const disk = await disks.filled('source', DISK_BYTES, changed);
    const source = ['--readonly', '--filter=delay', 'file', disk, `rdelay=${DELAY}`];
    const target = ['--filter=delay', 'memory', String(DISK_BYTES), `wdelay=${DELAY}`];
    const loop: Side = {
      name: 'serial loop',
      command: (from, to) => [process.execPath, join(import.meta.dirname, 'serial-loop.ts'), extents, from, to],
    };
    const bytes = AREAS * AREA_BYTES;
    const sides = [ours('--extents', extents), loop];
    const standings = await fight({ sides, rounds: 2, bytes, say, open: () => disks.open(source, target) });
    const speed = (standings.get(loop.name)?.wall_s ?? NaN) / (standings.get('ours')?.wall_s ?? NaN);
    return { areas: AREAS, sides: Object.fromEntries(standings), figures: { speed: atLeast(speed, 8) } };
  },
};

/** Spread over the whole disk, none touching another. */
function areas(): { offset: number; length: number }[] {
  const random = seeded(2);
  const stride = DISK_BYTES / AREAS;
  return Array.from({ length: AREAS }, (_, index) => {
    const within = Math.floor((random() * (stride - 2 * AREA_BYTES)) / AREA_BYTES) * AREA_BYTES;
    return { offset: Math.ceil((index * stride) / AREA_BYTES) * AREA_BYTES + within, length: AREA_BYTES };
  });
}
