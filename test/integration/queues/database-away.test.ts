import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DatabaseConfig } from '../../../src/config/config.ts';
import { migrateLatest } from '../../../src/db/migrate.ts';
import { startMariadb, type EmbeddedMariadb } from '../../../src/lab/embedded/mariadb.ts';
import { expectJob } from '../../support/job-story.ts';
import { LedgerLab } from '../../support/ledger-lab.ts';
import { makeServerFolder } from '../../support/server-folder.ts';

// A database server of its own, because these tests restart it.
let dir: string;
let server: EmbeddedMariadb;
let config: DatabaseConfig;

beforeAll(async () => {
  dir = makeServerFolder('mk-db-away-');
  server = await startMariadb({ dir, settings: { 'debug-no-sync': 1 } });
  await server.createDatabase('ledger_away');
  config = {
    host: server.host,
    port: server.port,
    user: server.user,
    password: server.password,
    name: 'ledger_away',
    poolMax: 6,
  };
  await migrateLatest(config, join(process.cwd(), 'migrations'));
}, 300_000);
afterAll(async () => {
  await server.kill9();
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe('a database that goes away', () => {
  test('a running job survives a restart of the database and ends once', async () => {
    await using lab = await LedgerLab.open({ database: config });
    await lab.worker();
    const jobId = await lab.submit({ do: 'wait', gate: 'go' }, { do: 'write', message: 'effect' });
    await lab.untilNoted(jobId, 'at go');
    await server.restart();
    lab.open('go');

    const job = await lab.untilEnded(jobId);

    expect(job.status).toBe('completed');
    // A slow restart may cost the lease, and then an attempt; never a second effect.
    expect(await lab.written(jobId)).toEqual([`effect ${job.leaseEpoch}`, 'settled completed']);
  });

  test('a worker stops its effects while the database is away longer than its trust, and runs the job again', async () => {
    await using lab = await LedgerLab.open({ database: config });
    await lab.worker({ leaseMs: 6_000, trustMs: 4_000, heartbeatMs: 300 });
    const jobId = await lab.submit({ do: 'wait', gate: 'go' }, { do: 'write', message: 'effect' });
    await lab.untilNoted(jobId, 'at go');
    await server.kill9();
    // Nobody can tell the worker: only its own watch can.
    await lab.untilWorkerLogs('lease lost, effects stop here');
    await server.restart();
    await lab.untilNoted(jobId, 'at go', 2);
    lab.open('go');

    const job = await lab.untilEnded(jobId);

    await expectJob(lab.db, job, { status: 'completed' });
    expect(job.leaseEpoch).toBeGreaterThan(1);
    expect(await lab.written(jobId)).toEqual([`effect ${job.leaseEpoch}`, 'settled completed']);
  });
});
