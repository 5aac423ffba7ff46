import { Row } from './row.ts';

/** Hash of what the last fully verified cycle read from the source, per GiB of a disk. */
export class DiskHashRoot extends Row {
  static override tableName = 'disk_hash_roots';
  static override idColumn = ['vm_disk_id', 'gib_index'];

  declare vmDiskId: number;
  declare gibIndex: number;
  declare jobId: string;
  declare root: string;
  declare dataBytes: number;
  declare zeroBytes: number;
  declare createdAt: Date;
}
