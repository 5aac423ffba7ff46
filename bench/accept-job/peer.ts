// The peer of `accept-job`: what accepting a replication is at least, without HTTP, without a check and without a shape
// of the code. It inserts the same rows in one transaction and adds the same message. Started by index.ts, which sends
// the ids of the contexts on stdin and reads the seconds from stdout.
import { randomBytes } from 'node:crypto';
import { json } from 'node:stream/consumers';
import { Queue } from 'bullmq';
import { createPool, type Pool, type PoolConnection } from 'mysql2/promise';
import { Redis } from 'ioredis';
import { toConfig } from '../../src/config/config.ts';
import { readEnv } from '../../src/config/env.ts';

const AT_ONCE = Number(process.argv[2]);
const OSSEA_CONFIG = Number(process.argv[3]);
const ATTEMPTS = 5;
const config = toConfig(readEnv());

const JOB = `insert into job_tracking (id, job_type, operation, status, owner, context_id, active_context_id,
  job_category, queue, payload, priority, dispatch_state, dispatch_generation, not_before, attempt, max_attempts,
  lease_epoch, workflow_direction, percent_complete, created_at, updated_at)
  values (?, 'migration', 'replicate', 'pending', 'bench', ?, ?, 'replication', 'replicate', ?, 100, 'queued', 1, now(6),
  0, 20, 0, 'forward', 0, now(6), now(6))`;
const REPLICATION = `insert into replication_jobs (id, vm_context_id, source_vm_id, source_vm_name, source_vm_path,
  vcenter_host, datacenter, replication_type, status, current_operation, ossea_config_id)
  values (?, ?, ?, ?, ?, 'vc1', 'DC', 'initial', 'pending', 'Queued', ?)`;
const DISKS = `insert into vm_disks (job_id, vm_context_id, disk_id, vmdk_path, size_gb, capacity_bytes, unit_number,
  cpu_count, memory_mb, os_type, network_config, power_state, vmware_uuid, sync_status, sync_progress_percent,
  bytes_synced) values (?, ?, 'disk-2000', ?, 100, 107374182400, 0, 4, 8192, 'linux', ?, 'poweredOn', ?, 'pending', 0, 0),
  (?, ?, 'disk-2001', ?, 100, 107374182400, 1, 4, 8192, 'linux', ?, 'poweredOn', ?, 'pending', 0, 0)`;
const CONTEXT = `update vm_replication_contexts set current_job_id = ?, current_status = 'replicating',
  last_status_change = now(3), first_job_at = now(3), last_job_at = now(3), total_jobs_run = 1, ossea_config_id = ?,
  last_operation_summary = ? where context_id = ?`;
const NETWORKS = JSON.stringify([{ name: 'Network adapter 1', network_name: 'VM Network' }]);

async function accept(pool: Pool, queue: Queue, contextId: string): Promise<void> {
  const id = `job-bench-${randomBytes(8).toString('hex')}`;
  for (let attempt = 1; !(await isInserted(pool, id, contextId)); attempt += 1) {
    if (attempt === ATTEMPTS) throw new Error(`${ATTEMPTS} deadlocks in a row`);
  }
  const data = { jobId: id, generation: 1, title: `Replicate ${contextId}` };
  await queue.add('replicate', data, { jobId: `${id}.1`, priority: 100, attempts: 1 });
}

/** @returns false when the server chose this transaction to end a deadlock */
async function isInserted(pool: Pool, id: string, contextId: string): Promise<boolean> {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    await insertRows(connection, id, contextId);
    await connection.commit();
    return true;
  } catch (error) {
    await connection.rollback();
    if (error instanceof Error && 'code' in error && error.code === 'ER_LOCK_DEADLOCK') return false;
    throw error;
  } finally {
    connection.release();
  }
}

async function insertRows(connection: PoolConnection, id: string, contextId: string): Promise<void> {
  const name = contextId.replace('ctx-', 'vm-');
  const uuid = `uuid-${name}`;
  const disk = (unit: number): string[] => [id, contextId, `[ds] ${name}/${name}_${unit}.vmdk`, NETWORKS, uuid];
  const summary = { job_id: id, operation_type: 'replication', status: 'pending', progress: 0 };
  await connection.query(JOB, [id, contextId, contextId, JSON.stringify({ contextId, forceFull: false })]);
  await connection.query(REPLICATION, [id, contextId, uuid, name, `/DC/vm/${name}`, OSSEA_CONFIG]);
  await connection.query(DISKS, [...disk(0), ...disk(1)]);
  await connection.query(CONTEXT, [id, OSSEA_CONFIG, JSON.stringify(summary), contextId]);
}

const contextIds = (await json(process.stdin)) as string[];
const { host, port, user, password, name } = config.database;
const pool = createPool({ host, port, user, password: password.reveal(), database: name, connectionLimit: 10 });
const redis = new Redis(config.redis.url.reveal(), { maxRetriesPerRequest: null });
const queue = new Queue('replicate', { connection: redis, prefix: config.redis.prefix });
await queue.waitUntilReady();
await pool.query('select 1');

const begin = performance.now();
const cpuBefore = process.cpuUsage();
const waiting = contextIds.values();
const work = async (): Promise<void> => {
  for (const contextId of waiting) await accept(pool, queue, contextId);
};
await Promise.all(Array.from({ length: AT_ONCE }, work));
const { user: userUs, system: systemUs } = process.cpuUsage(cpuBefore);
process.stdout.write(
  JSON.stringify({ seconds: (performance.now() - begin) / 1000, cpuMs: (userUs + systemUs) / 1000 }),
);
await queue.close();
redis.disconnect();
await pool.end();
