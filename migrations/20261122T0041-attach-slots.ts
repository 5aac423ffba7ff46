import type { Knex } from 'knex';

/**
 * The OMA VMs with their volume daemons, and who waits for, or has, places for data disks there. A request counts while
 * its job is not terminal; `seq` is the line.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists oma_vms (
      id int not null auto_increment primary key,
      ossea_config_id int not null,
      vm_id varchar(191) not null,
      name varchar(191) not null,
      volume_daemon_url varchar(500) not null,
      zone_id varchar(191) not null,
      slots int not null,
      foreign_disks int not null default 0,
      room_seen int,
      room_seen_at datetime(6),
      last_seen_at datetime(6) not null,
      created_at datetime(3) not null default current_timestamp(3),
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
      unique key uq_oma_vms_vm (vm_id),
      constraint fk_oma_vms_config foreign key (ossea_config_id) references ossea_configs (id) on delete cascade
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
  await knex.raw(`
    create table if not exists slot_requests (
      job_id varchar(64) collate utf8mb4_bin not null primary key,
      seq bigint not null auto_increment,
      zone_id varchar(191) not null,
      oma_vm_id int,
      grants int not null default 0,
      asked_at datetime(6) not null,
      granted_at datetime(6),
      unique key uq_slot_requests_seq (seq),
      constraint fk_slot_requests_job foreign key (job_id) references job_tracking (id) on delete cascade,
      constraint fk_slot_requests_oma_vm foreign key (oma_vm_id) references oma_vms (id) on delete set null
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
  await knex.raw(`
    create table if not exists slot_holds (
      job_id varchar(64) collate utf8mb4_bin not null,
      volume_id varchar(191) collate utf8mb4_bin not null,
      primary key (job_id, volume_id),
      key idx_slot_holds_volume (volume_id),
      constraint fk_slot_holds_request foreign key (job_id) references slot_requests (job_id) on delete cascade
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
  await knex.raw(`
    create table if not exists slot_evictions (
      volume_id varchar(191) collate utf8mb4_bin not null primary key,
      job_id varchar(64) collate utf8mb4_bin not null,
      child_key varchar(100) collate utf8mb4_bin not null,
      asked_at datetime(6) not null,
      key idx_slot_evictions_job (job_id),
      constraint fk_slot_evictions_request foreign key (job_id) references slot_requests (job_id) on delete cascade
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists slot_evictions');
  await knex.raw('drop table if exists slot_holds');
  await knex.raw('drop table if exists slot_requests');
  await knex.raw('drop table if exists oma_vms');
}
