import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { toAppError } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';
import { DiskFacts, SessionDisk, SourceSession, VmFacts } from '../contract.ts';
import { moveDurably, syncPath, writeFileDurably } from '../durable-files.ts';

/**
 * Sessions on disk: one folder each, with session.json and, of kind folder, the frozen disks and their indexes. A folder is made in
 * `preparing` and moved to `sessions` in one step when it is whole, and leaves by way of `trash`: a session is there
 * completely or not at all, whenever the process dies.
 */

const common = SourceSession.omit({ kind: true, expires_at: true, disks: true, facts: true, alarms: true }).extend({
  installation_id: z.string(),
  /** One VM has one, whatever its sessions call it. */
  vm_uuid: z.string(),
});

const disk = SessionDisk.extend({
  /** What the session was asked to compare with; null: everything. */
  asked_change_id: z.string().nullable(),
  socket: z.string().nullable(),
  port: z.int().nullable(),
});

const folderRecord = common.extend({
  kind: z.literal('folder'),
  disks: z.array(
    disk.extend({
      change_id: z.string(),
      /** Names in the session's folder. */
      image_file: z.string(),
      index_file: z.string(),
      base_file: z.string().nullable(),
    }),
  ),
  facts: z.null().default(null),
});
export type FolderRecord = z.output<typeof folderRecord>;
export type FolderDisk = FolderRecord['disks'][number];

const vsphereRecord = common.extend({
  kind: z.literal('vsphere'),
  disks: z.array(disk.extend({ facts: DiskFacts })),
  facts: VmFacts,
  /** Where its disks lie: type and id of references. */
  datastores: z.array(z.object({ type: z.string(), id: z.string() })),
});
export type VsphereRecord = z.output<typeof vsphereRecord>;
export type VsphereDisk = VsphereRecord['disks'][number];

const recordSchema = z.discriminatedUnion('kind', [folderRecord, vsphereRecord]);
export type SessionRecord = z.output<typeof recordSchema>;

const RECORD_FILE = 'session.json';

export interface SessionStore {
  /** An empty folder for a session that is being made. */
  prepare(sessionId: string): Promise<string>;
  /** Gives up what `prepare` gave. */
  abandon(sessionId: string): Promise<void>;
  /** Makes the prepared folder a session. */
  publish(record: SessionRecord): Promise<void>;
  /** Replaces the record of a session. */
  save(record: SessionRecord): Promise<void>;
  /** Where the files of a session are. */
  folderOf(sessionId: string): string;
  remove(sessionId: string): Promise<void>;
  /** At start: every whole session; what was half made or half removed is cleared away. */
  loadAll(): Promise<SessionRecord[]>;
}

export function sessionStore(stateDir: string): SessionStore {
  const preparing = join(stateDir, 'preparing');
  const sessions = join(stateDir, 'sessions');
  const trash = join(stateDir, 'trash');
  const write = (folder: string, record: SessionRecord): Promise<void> =>
    writeFileDurably(join(folder, RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`);
  const wipe = (path: string): Promise<void> => rm(path, { recursive: true, force: true });

  return {
    prepare: async (sessionId) => {
      const folder = join(preparing, sessionId);
      await mkdir(folder, { mode: 0o700 });
      return folder;
    },
    abandon: (sessionId) => wipe(join(preparing, sessionId)),
    publish: async (record) => {
      const folder = join(preparing, record.session_id);
      await write(folder, record);
      await syncPath(folder);
      await moveDurably(folder, join(sessions, record.session_id));
    },
    save: (record) => write(join(sessions, record.session_id), record),
    folderOf: (sessionId) => join(sessions, sessionId),
    remove: async (sessionId) => {
      await moveDurably(join(sessions, sessionId), join(trash, sessionId));
      // It is gone for good; what cannot be deleted now is deleted at the next start.
      await wipe(join(trash, sessionId)).catch((thrown: unknown) => {
        vmaLog.error({ err: toAppError(thrown), sessionId }, 'files of an ended session not deleted');
      });
    },
    loadAll: async () => {
      await wipe(preparing);
      await wipe(trash);
      for (const folder of [preparing, sessions, trash]) await mkdir(folder, { recursive: true, mode: 0o700 });
      return loadRecords(sessions);
    },
  };
}

async function loadRecords(sessions: string): Promise<SessionRecord[]> {
  const records: SessionRecord[] = [];
  for (const name of await readdir(sessions)) {
    try {
      const record = recordSchema.parse(JSON.parse(await readFile(join(sessions, name, RECORD_FILE), 'utf8')));
      if (record.session_id === name) records.push(record);
    } catch (thrown) {
      // Left where it is: it may be of a newer version, and deleting is not ours to decide.
      vmaLog.error({ err: toAppError(thrown), session: name }, 'session on disk unreadable, ignored');
    }
  }
  return records;
}
