import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { toAppError } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';
import { errnoOf, syncPath, writeFileDurably } from '../durable-files.ts';
import { type IndexIdentity, verifyIndex } from './block-index.ts';
import { taintIndex } from './taint-index.ts';

/**
 * The changeIds of one disk and the indexes that can still answer for them: a folder per disk with lineage.json and
 * `<sequence>.index` files. A changeId is `<uuid>/<sequence>`; the uuid is made with the folder, so that a VMA that
 * lost its state, or another VMA, never takes a foreign id for one of its own.
 */

const lineageSchema = z.object({
  uuid: z.uuid(),
  last_sequence: z.int().min(0),
  /** What the OMA is known to have committed. Older indexes are of no use; newer ones may be, if an answer was lost. */
  base_sequence: z.int().min(0),
});
type Lineage = z.output<typeof lineageSchema>;

/** Indexes newer than the committed one, of sessions that expired without a word: their jobs may have committed. */
const UNACKNOWLEDGED_MAX = 3;

export type Base = { readonly path: string } | { readonly reason: string };

export interface DiskLineage {
  /** A new changeId, never given before: durable before it is returned. */
  nextChangeId(): Promise<string>;
  /** The verified index of `changeId`, or why the disk must be read in full. It becomes what the OMA has committed. */
  findBase(changeId: string, capacityBytes: number): Promise<Base>;
  /** Keeps `indexPath` under its changeId; it stays where it is, too. May be repeated. */
  keep(indexPath: string, changeId: string): Promise<void>;
  /**
   * The session of `changeId` ended and nobody says that it was committed, but any of its blocks may be on the target:
   * where it differs from an older state, that state counts as changed from now on. May be repeated.
   */
  taint(indexPath: string, changeId: string): Promise<void>;
  /** The OMA has committed this changeId: older indexes are removed. */
  acknowledge(changeId: string): Promise<void>;
  /** Removes what a crowd of expired sessions left. */
  prune(): Promise<void>;
}

const FOREIGN = 'the change id is not one of this VMA and disk';

/** `of.vm_uuid` and `of.disk_id` were checked to be harmless as names of folders. */
export function diskLineage(root: string, of: Pick<IndexIdentity, 'vm_uuid' | 'disk_id'>): DiskLineage {
  const dir = join(root, of.vm_uuid, of.disk_id);
  const indexOf = (sequence: number): string => join(dir, `${sequence}.index`);

  const acknowledge = async (changeId: string): Promise<void> => {
    const lineage = await load(dir);
    const sequence = sequenceIn(lineage, changeId);
    if (sequence === undefined || sequence < lineage.base_sequence) return;
    await save(dir, { ...lineage, base_sequence: sequence });
    await prune();
  };

  const prune = async (): Promise<void> => {
    const { base_sequence: base } = await load(dir);
    const kept = (await sequences(dir)).toSorted((a, b) => b - a);
    const newer = kept.filter((sequence) => sequence > base);
    const useless = [...kept.filter((sequence) => sequence < base), ...newer.slice(UNACKNOWLEDGED_MAX)];
    for (const sequence of useless) await rm(indexOf(sequence), { force: true });
  };

  return {
    acknowledge,
    prune,
    nextChangeId: async () => {
      const lineage = await load(dir);
      // The clock keeps sequences unique also when an old copy of this folder was restored.
      const sequence = Math.max(lineage.last_sequence + 1, Date.now());
      await save(dir, { ...lineage, last_sequence: sequence });
      return `${lineage.uuid}/${sequence}`;
    },
    findBase: async (changeId, capacityBytes) => {
      const sequence = sequenceIn(await load(dir), changeId);
      if (sequence === undefined) return { reason: FOREIGN };
      const found = await inspect(indexOf(sequence));
      if ('reason' in found) return found;
      const { header } = found;
      if (header.change_id !== changeId || header.vm_uuid !== of.vm_uuid || header.disk_id !== of.disk_id) {
        return { reason: FOREIGN };
      }
      await acknowledge(changeId);
      if (header.capacity_bytes !== capacityBytes) {
        return { reason: `the size of the disk changed from ${header.capacity_bytes} to ${capacityBytes} bytes` };
      }
      return { path: indexOf(sequence) };
    },
    taint: async (indexPath, changeId) => {
      const sequence = sequenceIn(await load(dir), changeId);
      if (sequence === undefined) return;
      const older = (await sequences(dir)).filter((kept) => kept < sequence);
      for (const kept of older) await taintIndex(indexOf(kept), indexPath);
    },
    keep: async (indexPath, changeId) => {
      const sequence = sequenceIn(await load(dir), changeId);
      if (sequence === undefined) return;
      try {
        await link(indexPath, indexOf(sequence));
      } catch (thrown) {
        if (errnoOf(thrown) !== 'EEXIST') throw thrown;
      }
      await syncPath(dir);
    },
  };
}

async function inspect(path: string): Promise<{ header: IndexIdentity } | { reason: string }> {
  try {
    return { header: await verifyIndex(path) };
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return { reason: 'what the change id stands for is no longer kept' };
    vmaLog.error({ err: toAppError(thrown), path }, 'block index unusable');
    return { reason: 'what was kept for the change id is damaged' };
  }
}

function sequenceIn(lineage: Lineage, changeId: string): number | undefined {
  const cut = changeId.lastIndexOf('/');
  const text = changeId.slice(cut + 1);
  if (changeId.slice(0, Math.max(cut, 0)) !== lineage.uuid || !/^\d{1,15}$/.test(text)) return undefined;
  const sequence = Number(text);
  return sequence <= lineage.last_sequence ? sequence : undefined;
}

async function sequences(dir: string): Promise<number[]> {
  const names = await readdir(dir);
  return names.flatMap((name) => {
    const match = /^(\d{1,15})\.index$/.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
}

/** A lineage that is gone or unreadable is begun anew, under a new uuid: every old changeId then means a full copy. */
async function load(dir: string): Promise<Lineage> {
  try {
    return lineageSchema.parse(JSON.parse(await readFile(join(dir, 'lineage.json'), 'utf8')));
  } catch (thrown) {
    if (errnoOf(thrown) !== undefined && errnoOf(thrown) !== 'ENOENT') throw thrown;
    if (errnoOf(thrown) === undefined) vmaLog.error({ err: toAppError(thrown), dir }, 'lineage unusable');
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const lineage = { uuid: randomUUID(), last_sequence: 0, base_sequence: 0 };
    await save(dir, lineage);
    return lineage;
  }
}

const save = (dir: string, lineage: Lineage): Promise<void> =>
  writeFileDurably(join(dir, 'lineage.json'), `${JSON.stringify(lineage)}\n`);
