import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { conflict } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';
import type { AreaPage, CreateSession } from '../contract.ts';
import { areaPage } from '../index/areas.ts';
import { BLOCK_BYTES, openIndex } from '../index/block-index.ts';
import { diskIn, offsetOf } from '../session/area-questions.ts';
import { type ExportSpec, placeOf } from '../session/disk-export.ts';
import type { FolderDisk, FolderRecord } from '../session/record.ts';
import type { Adopted, AreaQuestion, Held, Outcome, Preparing, SourceKind, Watched } from '../session/source-kind.ts';
import { settleIndexes, withBases } from './bases.ts';
import { serveImage } from './image-server.ts';
import { type PrepareContext, prepareFolder } from './prepare.ts';

type Session = Held<FolderRecord>;

/** Sessions of kind `folder`: a copy of the images in the session's own folder, and indexes that say what changed. */
export class FolderSource implements SourceKind<FolderRecord> {
  /** Each reads whole disks. */
  readonly preparingAtOnceMax = 2;
  readonly isNameUnique = true;
  readonly #context: PrepareContext;

  constructor(context: PrepareContext) {
    this.#context = context;
  }

  check(): void {
    // Whether there is such a folder is seen when it is frozen.
  }

  prepare(preparing: Preparing): Promise<FolderRecord> {
    return prepareFolder(this.#context, preparing);
  }

  async reclaim({ record, folder }: Session): Promise<boolean> {
    for (const disk of record.disks) {
      const image = join(folder, disk.image_file);
      const size = await stat(image).then(
        (found) => found.size,
        () => -1,
      );
      if (size === disk.capacity_bytes) continue;
      vmaLog.error({ sessionId: record.session_id, image, size }, 'frozen disk missing or cut off, session removed');
      return false;
    }
    return true;
  }

  open(): void {
    // Everything that a session has is in its folder.
  }

  /** Nobody else has the frozen images. */
  requireThere(): Promise<void> {
    return Promise.resolve();
  }

  exportsOf({ record, folder }: Session): ExportSpec[] {
    return record.disks.map((disk) =>
      serveImage({
        imagePath: join(folder, disk.image_file),
        exportName: disk.export_name,
        capacityBytes: disk.capacity_bytes,
        at: placeOf(disk),
      }),
    );
  }

  async adopt({ record, folder }: Session, request: CreateSession): Promise<Adopted<FolderRecord>> {
    const asked = new Map(request.disks.map((disk) => [disk.disk_id, disk.change_id ?? null]));
    const isOther = record.disks.some((disk) => disk.asked_change_id !== asked.get(disk.disk_id));
    if (!isOther) return { record, mustRestart: false };
    const place = { indexes: this.#context.indexes, folder, vmUuid: record.vm_uuid };
    return { record: { ...record, disks: await withBases(place, record.disks, request.disks) }, mustRestart: false };
  }

  async areas({ record, folder }: Session, question: AreaQuestion): Promise<AreaPage> {
    const disk = diskIn(record.disks, question.diskId);
    const from = offsetOf(question.cursor, { capacityBytes: disk.capacity_bytes, stepBytes: BLOCK_BYTES });
    const base = question.of === 'in-use' ? null : disk.base_file;
    if (question.of === 'changes' && base === null) throw noBase(disk);
    const index = await openIndex(join(folder, disk.index_file));
    try {
      return await areasSince(index, base === null ? undefined : join(folder, base), from);
    } finally {
      await index.close();
    }
  }

  watch(): Promise<Watched> {
    return Promise.resolve({ alarms: [] });
  }

  async settle({ record, folder }: Session, outcome: Outcome): Promise<void> {
    await settleIndexes({ indexes: this.#context.indexes, folder }, record, outcome);
  }

  release(): Promise<boolean> {
    return Promise.resolve(true);
  }

  removals(): [] {
    return [];
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function areasSince(
  index: Awaited<ReturnType<typeof openIndex>>,
  basePath: string | undefined,
  from: number,
): Promise<AreaPage> {
  if (basePath === undefined) return areaPage(index, undefined, from);
  const base = await openIndex(basePath);
  try {
    return await areaPage(index, base, from);
  } finally {
    await base.close();
  }
}

const noBase = (disk: FolderDisk): Error =>
  conflict(
    'areas.no-change-id',
    `nothing is known of the changes of ${disk.disk_id}: ${disk.full_reason ?? 'none asked for'}`,
    {
      details: { disk_id: disk.disk_id, change_id: disk.asked_change_id },
      hint: 'ask for of=in-use and copy the disk in full',
    },
  );
