import { Row } from './row.ts';

/** One piece of work of the volume daemon; `id` is the id of the job in the ledger. */
export class VolumeOperation extends Row {
  static override tableName = 'volume_operations';
  static override idColumn = 'id';
  static override jsonAttributes = ['request', 'response', 'progress'];

  declare id: string;
  declare type:
    | 'create'
    | 'attach'
    | 'detach'
    | 'delete'
    | 'cleanup'
    | 'resize'
    | 'snapshot'
    | 'revert'
    | 'delete-snapshot'
    | 'hand-over'
    | 'convert';
  declare status: 'pending' | 'executing' | 'completed' | 'failed' | 'cancelled';
  declare volumeId: string | null;
  declare vmId: string | null;
  declare request: unknown;
  declare response: unknown;
  declare progress: unknown;
  declare error: string | null;
  declare createdAt: Date;
  declare updatedAt: Date;
  declare completedAt: Date | null;
}
