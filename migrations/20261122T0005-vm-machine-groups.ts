import type { Knex } from 'knex';

/** VMs that follow one schedule; a lower priority number comes first. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists vm_machine_groups (
      id varchar(64) collate utf8mb4_bin not null default (uuid()) primary key,
      name varchar(255) not null,
      description text,
      schedule_id varchar(64) collate utf8mb4_bin,
      max_concurrent_vms int not null default 5,
      priority int not null default 0,
      created_by varchar(255) not null default 'system',
      created_at datetime(3) not null default current_timestamp(3),
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
      unique key uq_vm_machine_groups_name (name),
      key idx_priority (priority),
      constraint fk_vm_machine_groups_schedule foreign key (schedule_id) references replication_schedules (id) on delete set null
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists vm_machine_groups');
}
