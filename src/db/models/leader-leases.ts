import { Row } from './row.ts';

/** Who does the housekeeping. */
export class LeaderLease extends Row {
  static override tableName = 'leader_leases';
  static override idColumn = 'name';

  declare name: string;
  declare owner: string;
  declare epoch: number;
  declare expiresAt: Date;
}
