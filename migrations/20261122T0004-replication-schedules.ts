import type { Knex } from 'knex';

/** When VMs are replicated. The scheduler keeps next_execution_at: SQL cannot read a cron expression. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists replication_schedules (
      id varchar(64) collate utf8mb4_bin not null default (uuid()) primary key,
      name varchar(255) not null,
      description text,
      cron_expression varchar(100) not null,
      schedule_type enum('cron', 'chain') not null default 'cron',
      timezone varchar(50) not null default 'UTC',
      chain_parent_schedule_id varchar(64) collate utf8mb4_bin,
      chain_delay_minutes int not null default 0,
      replication_type enum('full', 'incremental', 'auto') not null default 'auto',
      max_concurrent_jobs int not null default 1,
      retry_attempts int not null default 3,
      retry_delay_minutes int not null default 30,
      enabled tinyint(1) not null default 1,
      skip_if_running tinyint(1) not null default 1,
      created_by varchar(255) not null default 'system',
      created_at datetime(3) not null default current_timestamp(3),
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
      last_execution_at datetime(3),
      next_execution_at datetime(3),
      unique key uq_replication_schedules_name (name),
      key idx_enabled_next (enabled, next_execution_at),
      constraint fk_replication_schedules_chain_parent foreign key (chain_parent_schedule_id) references replication_schedules (id) on delete set null
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists replication_schedules');
}
