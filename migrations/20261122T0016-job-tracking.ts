import type { Knex } from 'knex';

/** The ledger: the row is the job. active_context_id, unique, is set for root jobs that are not over: one per VM. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists job_tracking (
      id varchar(64) collate utf8mb4_bin not null default (uuid()) primary key,
      parent_job_id varchar(64) collate utf8mb4_bin,
      job_type enum('cleanup', 'failover', 'migration', 'cloudstack', 'volume_daemon', 'linstor', 'virtio', 'ossea', 'scheduler', 'discovery', 'bulk-operations', 'group-management', 'conflict-detection', 'phantom-detection', 'schedule_management', 'schedule_control') not null,
      operation varchar(100) not null,
      status enum('pending', 'running', 'completed', 'failed', 'cancelled') not null default 'pending',
      cloudstack_job_id varchar(64),
      external_job_id varchar(255),
      metadata json,
      error_message longtext,
      percent_complete tinyint unsigned,
      owner varchar(100),
      context_id varchar(64) collate utf8mb4_bin,
      job_category enum('system', 'failover', 'replication', 'scheduler', 'discovery', 'bulk') not null default 'system',
      started_at datetime(3),
      completed_at datetime(3),
      canceled_at datetime(6),
      created_at datetime(3) not null default current_timestamp(3),
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
      queue varchar(50),
      payload json,
      priority int not null default 100,
      dispatch_state varchar(16) collate utf8mb4_bin not null default 'queued',
      dispatch_generation int not null default 1,
      dispatched_at datetime(6),
      not_before datetime(6) not null default current_timestamp(6),
      attempt int not null default 0,
      max_attempts int not null default 1,
      lease_owner varchar(191) collate utf8mb4_bin,
      lease_epoch bigint unsigned not null default 0,
      lease_expires_at datetime(6),
      active_context_id varchar(64) collate utf8mb4_bin,
      cancel_requested_at datetime(6),
      cancel_reason varchar(255),
      result json,
      error_code varchar(100),
      error_hint text,
      child_key varchar(100) collate utf8mb4_bin,
      parent_epoch bigint unsigned,
      waiting_until datetime(6),
      workflow_direction varchar(8) not null default 'forward',
      workflow_committed_at datetime(6),
      workflow_reason text,
      request_id varchar(64),
      unique key uq_job_tracking_active_context (active_context_id),
      unique key uq_job_tracking_child (parent_job_id, child_key),
      key idx_dispatch (dispatch_state, not_before, priority),
      key idx_dispatch_lease (dispatch_state, lease_expires_at),
      key idx_lease_owner (lease_owner, dispatch_state),
      key idx_parent_job_id (parent_job_id),
      key idx_context_created (context_id, created_at),
      key idx_category_status_started (job_category, status, started_at),
      key idx_status (status),
      key idx_job_type (job_type),
      key idx_queue (queue),
      key idx_operation (operation),
      key idx_owner (owner),
      key idx_cloudstack_job_id (cloudstack_job_id),
      key idx_external_job_id (external_job_id),
      key idx_created_at (created_at, id),
      constraint fk_job_tracking_parent foreign key (parent_job_id) references job_tracking (id) on delete cascade,
      constraint fk_job_tracking_context foreign key (context_id) references vm_replication_contexts (context_id) on delete set null
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists job_tracking');
}
