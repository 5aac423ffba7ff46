import { Row } from './row.ts';

/** One VM in one group. */
export class VmGroupMembership extends Row {
  static override tableName = 'vm_group_memberships';
  static override idColumn = 'id';
  static override booleans = ['enabled'];

  declare id: string;
  declare groupId: string;
  declare vmContextId: string;
  declare enabled: boolean;
  declare priority: number;
  declare scheduleOverrideId: string | null;
  declare addedAt: Date;
  declare addedBy: string | null;
}
