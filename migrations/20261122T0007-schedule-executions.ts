import type { Knex } from 'knex';

/** One run of a schedule, for one group or for all of its VMs. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists schedule_executions (
      id varchar(64) collate utf8mb4_bin not null default (uuid()) primary key,
      schedule_id varchar(64) collate utf8mb4_bin not null,
      group_id varchar(64) collate utf8mb4_bin,
      scheduled_at datetime(3) not null,
      started_at datetime(3),
      completed_at datetime(3),
      status enum('scheduled', 'running', 'completed', 'failed', 'skipped', 'cancelled') not null default 'scheduled',
      vms_eligible int not null default 0,
      jobs_created int not null default 0,
      jobs_completed int not null default 0,
      jobs_failed int not null default 0,
      jobs_skipped int not null default 0,
      execution_details json,
      error_message text,
      error_details json,
      execution_duration_seconds int,
      triggered_by varchar(255) not null default 'scheduler',
      created_at datetime(3) not null default current_timestamp(3),
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
      key idx_schedule_scheduled_at (schedule_id, scheduled_at),
      key idx_status (status),
      constraint fk_schedule_executions_schedule foreign key (schedule_id) references replication_schedules (id) on delete cascade,
      constraint fk_schedule_executions_group foreign key (group_id) references vm_machine_groups (id) on delete set null
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists schedule_executions');
}
