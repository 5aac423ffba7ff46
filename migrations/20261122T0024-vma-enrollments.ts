import type { Knex } from 'knex';

/** Appliances that asked to join. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists vma_enrollments (
      id varchar(36) collate utf8mb4_bin not null default (uuid()) primary key,
      pairing_code varchar(20) not null,
      vma_public_key text not null,
      vma_name varchar(255),
      vma_version varchar(100),
      vma_fingerprint varchar(255),
      vma_ip_address varchar(45),
      challenge_nonce varchar(64),
      status enum('pending_verification', 'awaiting_approval', 'approved', 'rejected', 'expired') not null default 'pending_verification',
      approved_by varchar(255),
      approved_at datetime(3),
      expires_at datetime(3) not null,
      created_at datetime(3) not null default current_timestamp(3),
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
      unique key uq_vma_enrollments_pairing_code (pairing_code),
      key idx_status (status),
      key idx_expires_at (expires_at)
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists vma_enrollments');
}
