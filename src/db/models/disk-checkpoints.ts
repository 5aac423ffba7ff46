import { Row } from './row.ts';

/** How far the copy of one disk is flushed. */
export class DiskCheckpoint extends Row {
  static override tableName = 'disk_checkpoints';
  static override idColumn = 'vm_disk_id';
  static override jsonAttributes = ['done'];

  declare vmDiskId: number;
  declare jobId: string;
  declare epoch: number;
  declare checkpointKey: string;
  declare done: unknown;
  declare doneBytes: number;
  declare updatedAt: Date;
}
