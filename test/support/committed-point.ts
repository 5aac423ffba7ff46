import { existsSync, readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOfLayers, type Layers } from './qemu-view.ts';
import type { ReplicatedVm } from './replicated-vm.ts';
import type { ReplicationStand } from './replication-stand.ts';

/** Looks at a replica as an outsider does who has the database and the files, and nothing of ours. */

export interface CommittedPoint {
  /** Job whose cycle the database calls committed. */
  readonly jobId: string | null;
  readonly hashes: readonly string[];
}

interface Row {
  readonly commit_job_id: string | null;
  readonly path: string | null;
  readonly state: string | null;
}

/** Read again when something was merged meanwhile, and its overlay is gone. */
const TRIES = 20;

/** The time of a change is set before its bytes are there: those of one that is older than this have long arrived. */
const SETTLED_NS = 1_000_000_000n;

/** Hashes of layers, computed again once a file of theirs has changed. */
export class LayerHashes {
  readonly #known = new Map<string, { readonly stamp: string; readonly hash: string }>();

  async of(layers: Layers, lengthBytes: number): Promise<string> {
    const before = await stampOf(layers);
    const known = this.#known.get(layers.base);
    if (before !== undefined && known?.stamp === before) return known.hash;
    const hash = await hashOfLayers(layers, lengthBytes);
    if (before !== undefined) this.#known.set(layers.base, { stamp: before, hash });
    return hash;
  }
}

/** Which bytes these are, as far as that can be told without reading them; undefined: they changed a moment ago. */
async function stampOf({ base, overlay }: Layers): Promise<string | undefined> {
  const now = BigInt(Date.now()) * 1_000_000n;
  const found = await Promise.all(
    [base, overlay].flatMap((path) => path ?? []).map((path) => stat(path, { bigint: true })),
  );
  if (found.some(({ mtimeNs }) => now - mtimeNs < SETTLED_NS)) return undefined;
  return JSON.stringify([overlay, ...found.map(({ ino, size, mtimeNs }) => [ino, size, mtimeNs].join())]);
}

/** What each disk holds by the last commit: its volume, with what was committed above it. */
export async function committedPoint(
  stand: ReplicationStand,
  vm: ReplicatedVm,
  hashes = new LayerHashes(),
): Promise<CommittedPoint> {
  const bases = await vm.targetPaths();
  const lengths = vm.lengths();
  for (let tries = 0; ; tries += 1) {
    const before = await rowsOf(stand, vm);
    const layers = bases.map((base, index): Layers => {
      const row = before[index];
      return { base, overlay: row?.state === 'sealed' || row?.state === 'merging' ? row.path : null };
    });
    try {
      const found = await Promise.all(layers.map((each, index) => hashes.of(each, lengths[index] ?? 0)));
      const after = await rowsOf(stand, vm);
      // Somebody began to merge what was not looked at, or to write the next cycle: then it was no look at one moment.
      if (JSON.stringify(before) === JSON.stringify(after))
        return { jobId: before[0]?.commit_job_id ?? null, hashes: found };
    } catch (error) {
      if (tries === TRIES) throw error;
    }
    if (tries === TRIES) throw new Error('the replica does not stand still');
  }
}

/** One statement, so that commit and overlays are of one moment. */
async function rowsOf({ db }: ReplicationStand, vm: ReplicatedVm): Promise<Row[]> {
  return db('vm_disks as disk')
    .join('vm_replication_contexts as context', 'context.context_id', 'disk.vm_context_id')
    .join('ossea_volumes as volume', 'volume.id', 'disk.ossea_volume_id')
    .leftJoin('volume_overlays as overlay', 'overlay.volume_id', 'volume.volume_id')
    .where('context.vm_name', vm.name)
    .orderBy('disk.disk_id')
    .select<Row[]>('context.commit_job_id', 'overlay.path', 'overlay.state');
}

/** Overlays that are still there, as files and as rows. */
export async function overlaysLeft({ db, env }: ReplicationStand): Promise<string[]> {
  const dir = env['MIGRATEKIT_OVERLAY_DIR'] ?? join(env['MIGRATEKIT_STATE_DIR'] ?? '', 'overlays');
  const files = existsSync(dir) ? readdirSync(dir).filter((name) => name.endsWith('.qcow2')) : [];
  const rows = await db('volume_overlays').pluck<string[]>('overlay_id');
  return [...files, ...rows];
}
