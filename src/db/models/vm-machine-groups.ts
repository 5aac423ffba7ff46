import { Row } from './row.ts';

/** VMs that follow one schedule. */
export class VmMachineGroup extends Row {
  static override tableName = 'vm_machine_groups';
  static override idColumn = 'id';

  declare id: string;
  declare name: string;
  declare description: string | null;
  declare scheduleId: string | null;
  declare maxConcurrentVms: number;
  declare priority: number;
  declare createdBy: string;
  declare createdAt: Date;
  declare updatedAt: Date;
}
