import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { toAppError } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';
import { syncPath, writeFileDurably } from '../durable-files.ts';
import type { SnapshotTag } from './snapshot-tag.ts';

/**
 * What this VMA owes for each snapshot that it asks for: its removal. An order is on disk before the snapshot is asked
 * for and stays until the snapshot is known to be gone, so that whenever the process dies the next one knows what to
 * look for. While a session holds the snapshot nothing is done about it.
 */
const orderSchema = z.object({
  session_id: z.string(),
  job_id: z.string(),
  epoch: z.int(),
  installation_id: z.string(),
  /** Name for people. */
  vm: z.string(),
  vm_ref: z.object({ type: z.string(), id: z.string() }),
  /** By which it is found when its reference means nothing any more. */
  instance_uuid: z.string(),
  /** Of vCenter and VM. */
  vm_uuid: z.string(),
  /** When vCenter was asked last; before that, when the order was written. */
  asked_at: z.string(),
  /** none: vCenter was not asked yet, or has refused. asked: whether there is one is not known, one may still come. */
  snapshot: z.enum(['none', 'asked', 'made']),
  /** Of AccessSeal. */
  access: z.string(),
  released_at: z.string().nullable(),
  attempts: z.int(),
  last_error: z.string().nullable(),
});
export type SnapshotOrder = z.output<typeof orderSchema>;

export const tagOf = (order: SnapshotOrder): SnapshotTag => ({
  installationId: order.installation_id,
  jobId: order.job_id,
  epoch: order.epoch,
});

export interface OrderStore {
  loadAll(): Promise<SnapshotOrder[]>;
  save(order: SnapshotOrder): Promise<void>;
  remove(sessionId: string): Promise<void>;
}

export function orderStore(folder: string): OrderStore {
  const fileOf = (sessionId: string): string => join(folder, `${sessionId}.json`);
  return {
    loadAll: async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const orders: SnapshotOrder[] = [];
      for (const name of await readdir(folder)) {
        const path = join(folder, name);
        // A write that was cut off has replaced nothing.
        if (name.endsWith('.tmp')) await rm(path, { force: true });
        else if (name.endsWith('.json')) orders.push(...(await readOrder(path)));
      }
      return orders;
    },
    save: (order) => writeFileDurably(fileOf(order.session_id), `${JSON.stringify(order, null, 2)}\n`),
    remove: async (sessionId) => {
      await rm(fileOf(sessionId), { force: true });
      await syncPath(folder);
    },
  };
}

async function readOrder(path: string): Promise<SnapshotOrder[]> {
  try {
    return [orderSchema.parse(JSON.parse(await readFile(path, 'utf8')))];
  } catch (thrown) {
    // Left where it is: it may be of a newer version, and it is all that is known of a snapshot.
    vmaLog.error({ err: toAppError(thrown), path }, 'order for a snapshot unreadable, ignored');
    return [];
  }
}
