import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sleep } from '../src/base/clock.ts';
import { GiB, KiB } from '../src/base/units.ts';
import { inTransaction } from '../src/db/knex.ts';
import { sealOverlays } from '../src/db/stores/volume-overlay-store.ts';
import { openVolumes, type Volumes } from '../src/volumes/context.ts';
import { serialOf } from '../src/volumes/serial.ts';
import { Disks, seeded } from './copy/disks.ts';
import { startNbdkit } from './copy/nbd-server.ts';
import type { Benchmark } from './frame/benchmark.ts';
import { openStage, type Stage } from './frame/stage.ts';
import { median, rounded } from './frame/statistics.ts';

const DISK_BYTES = 4 * GiB;
const AREAS = 2_000;
const AREA_BYTES = 64 * KiB;
const ROUNDS = 3;
const MERGE_PATIENCE_MS = 60_000;

const run = promisify(execFile);

interface Took {
  readonly copy_s: number;
  readonly merge_s: number;
}

/** A volume of the daemon, and what is copied onto it in every cycle. */
interface Scene {
  readonly stage: Stage;
  readonly volumes: Volumes;
  readonly volumeId: string;
  readonly source: string;
  readonly extents: string;
}

export const overlay: Benchmark = {
  name: 'overlay',
  what: `${AREAS} changed areas of 64 KiB written into the volume, and into an overlay that is merged afterwards`,
  async run(say) {
    using disks = new Disks(2 * GiB);
    await using stack = new AsyncDisposableStack();
    const changed = areas();
    const extents = disks.path('extents.json');
    writeFileSync(extents, JSON.stringify(changed));
    const file = await disks.filled('source', DISK_BYTES, changed);
    const server = stack.use(await startNbdkit(disks.path('source.sock'), ['--readonly', 'file', file]));
    const stage = stack.use(
      await openStage({
        MIGRATEKIT_DEVICE_DIR: disks.folder('devices'),
        MIGRATEKIT_DEVICE_FILES: 'true',
        MIGRATEKIT_OVERLAY_DIR: process.env['BENCH_OVERLAY_DIR'] ?? disks.path('overlays'),
      }),
    );
    const volumeId = await attached(stage, disks);
    const volumes = stack.use(await openVolumes({ db: stage.db, config: stage.config.volumeDaemon }));
    const scene = { stage, volumes, volumeId, source: server.uri, extents };
    const sides: Record<'in_place' | 'overlay', Took[]> = { in_place: [], overlay: [] };
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const name of ['in_place', 'overlay'] as const) {
        const took = await cycle(scene, name === 'overlay');
        say(`round ${round}: ${name}: ${took.copy_s.toFixed(2)} s, merge ${took.merge_s.toFixed(2)} s`);
        // The first round touches the pages of the volume.
        if (round > 0) sides[name].push(took);
      }
    }
    return report(sides);
  },
};

function report(sides: Readonly<Record<'in_place' | 'overlay', readonly Took[]>>): Record<string, unknown> {
  const medians = (all: readonly Took[]): Took => ({
    copy_s: rounded(median(all.map((took) => took.copy_s))),
    merge_s: rounded(median(all.map((took) => took.merge_s))),
  });
  const [inPlace, landed] = [medians(sides.in_place), medians(sides.overlay)];
  return {
    rounds: ROUNDS,
    bytes: AREAS * AREA_BYTES,
    sides: { in_place: inPlace, overlay: landed },
    figures: {
      until_commit: rounded(landed.copy_s / inPlace.copy_s),
      until_merged: rounded((landed.copy_s + landed.merge_s) / inPlace.copy_s),
    },
  };
}

/** From the opening of the export to its end, and from the commit to the end of the merge. */
async function cycle({ stage, volumes, volumeId, source, extents }: Scene, isLanding: boolean): Promise<Took> {
  const { db } = stage;
  const writer = await runningJob(stage);
  const begin = performance.now();
  const wanted = isLanding ? { key: writer.jobId, bytes: AREAS * AREA_BYTES } : undefined;
  const opened = await volumes.exports.open(volumeId, writer, wanted);
  if (isLanding !== (opened.overlay !== null)) throw new Error(`landed elsewhere: ${JSON.stringify(opened)}`);
  const launcher = join(process.cwd(), 'migratekit');
  await run(launcher, ['copy', source, opened.uris.unix ?? '', '--extents', extents]);
  await volumes.exports.close(volumeId, writer);
  const copied = performance.now();
  if (opened.overlay !== null) {
    const { id } = opened.overlay;
    await inTransaction(db, (trx) => sealOverlays(trx, writer.jobId, [id]));
    const end = copied + MERGE_PATIENCE_MS;
    while ((await volumes.exports.merge(volumeId, writer)).state !== 'merged') {
      if (performance.now() > end) throw new Error(`not merged within ${MERGE_PATIENCE_MS} ms`);
      await sleep(10);
    }
  }
  const merged = performance.now();
  await db('job_tracking').where('id', writer.jobId).update({ status: 'completed', dispatch_state: 'closed' });
  return { copy_s: (copied - begin) / 1000, merge_s: isLanding ? (merged - copied) / 1000 : 0 };
}

/** A device that is a file in memory, and the rows that say so. @returns the id of its volume */
async function attached({ db }: Stage, disks: Disks): Promise<string> {
  const volumeId = randomUUID();
  const path = await disks.empty(join('devices', `virtio-${serialOf(volumeId)}`), DISK_BYTES);
  const size = { size_gb: DISK_BYTES / GiB, size_bytes: DISK_BYTES };
  await db('ossea_volumes').insert({
    volume_id: volumeId,
    name: 'bench',
    ...size,
    state: 'attached',
    device_path: path,
  });
  await db('device_mappings').insert({
    id: randomUUID(),
    volume_uuid: volumeId,
    vm_id: 'oma',
    operation_mode: 'oma',
    device_path: path,
    cloudstack_state: 'attached',
    linux_state: 'detected',
    size: DISK_BYTES,
    last_sync: db.fn.now(),
  });
  return volumeId;
}

/** A job of the ledger in the hands of a worker. */
async function runningJob({ db }: Stage): Promise<{ jobId: string; epoch: number }> {
  const jobId = `job-20261122-120000.000-${randomUUID().slice(0, 6)}`;
  await db('job_tracking').insert({
    id: jobId,
    job_type: 'migration',
    job_category: 'replication',
    operation: 'replicate',
    queue: 'replicate',
    payload: '{}',
    status: 'running',
    dispatch_state: 'claimed',
    lease_epoch: 1,
  });
  return { jobId, epoch: 1 };
}

/** Spread over the whole disk, none touching another. */
function areas(): { offset: number; length: number }[] {
  const random = seeded(3);
  const slots = Math.floor(DISK_BYTES / AREA_BYTES / AREAS);
  return Array.from({ length: AREAS }, (_, index) => ({
    offset: (index * slots + Math.floor(random() * (slots - 1))) * AREA_BYTES,
    length: AREA_BYTES,
  }));
}
