import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CbtHistory } from '../../../src/db/models/cbt-history.ts';
import { FailoverJob } from '../../../src/db/models/failover-jobs.ts';
import { JobTracking } from '../../../src/db/models/job-tracking.ts';
import { ReplicationJob } from '../../../src/db/models/replication-jobs.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { makeContext, makeJob, makeReplicationJob } from '../../support/factories.ts';
import { readSchema, type LiveColumn, type LiveSchema } from '../../support/schema.ts';

const dir = join(process.cwd(), 'src/db/models');
const files = readdirSync(dir).filter((file) => file !== 'row.ts');
const camelCase = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

let database: TestDatabase;
let live: LiveSchema;
beforeAll(async () => {
  database = await createTestDatabase();
  live = await readSchema(database.knex);
});
afterAll(() => database[Symbol.asyncDispose]());

interface Source {
  readonly table: string;
  /** property -> type as written */
  readonly declared: Map<string, string>;
  readonly lists: Map<string, string[]>;
  /** Fields without `declare`: they would exist as undefined and shadow what was read. */
  readonly bare: string[];
}

function readModel(file: string): Source {
  const source = readFileSync(join(dir, file), 'utf8').replace(/\n {4,}/g, ' ');
  const lists = [...source.matchAll(/static override (\w+) = \[([^\]]*)\]/g)];
  return {
    table: /tableName = '(\w+)'/.exec(source)?.[1] ?? '',
    declared: new Map(
      [...source.matchAll(/^ {2}declare (\w+): ([^;]+);/gm)].map(([, name, type]) => [name ?? '', type ?? '']),
    ),
    lists: new Map(lists.map(([, name, items]) => [name ?? '', (items ?? '').match(/\w+/g) ?? []])),
    bare: [...source.matchAll(/^ {2}(\w+)[?!]?: /gm)].map(([, name]) => name ?? ''),
  };
}

function typeOf(column: LiveColumn, isJson: boolean): string {
  const nullable = column.nullable ? ' | null' : '';
  if (isJson) return 'unknown';
  if (column.type.startsWith('enum')) return (column.type.match(/'[^']*'/g) ?? []).join(' | ') + nullable;
  if (column.type === 'tinyint(1)') return `boolean${nullable}`;
  if (/^(decimal|\w*int)/.test(column.type)) return `number${nullable}`;
  return `${column.type.startsWith('datetime') ? 'Date' : 'string'}${nullable}`;
}

describe('models', () => {
  test('each table but the bookkeeping of migrations has one', () => {
    const tables = [...live.columns.keys()].filter((name) => !name.startsWith('schema_') && !live.views.has(name));
    expect(files.map((file) => readModel(file).table).toSorted()).toEqual(tables.toSorted());
  });

  test.each(files)('%s declares exactly the columns of its table, with their types', (file) => {
    const { table, declared, lists, bare } = readModel(file);
    const columns = [...(live.columns.get(table) ?? [])];
    const json = lists.get('jsonAttributes') ?? [];
    const wanted = columns.map(([name, column]) => [camelCase(name), typeOf(column, json.includes(camelCase(name)))]);
    expect([...declared].map(([name, type]) => [name, type.replace(/^\| /, '')])).toEqual(wanted);
    expect(bare).toEqual([]);
    const ofType = (type: RegExp): string[] => columns.filter(([, c]) => type.test(c.type)).map(([n]) => camelCase(n));
    expect(lists.get('booleans') ?? []).toEqual(ofType(/^tinyint\(1\)/));
    expect(lists.get('decimals') ?? []).toEqual(ofType(/^decimal/));
  });

  test('what was written comes back in the types that they declare', async () => {
    const { knex } = database;
    const context = await makeContext(knex);
    const job = await makeReplicationJob(knex, context.context_id);
    await ReplicationJob.query(knex)
      .patch({ progressPercent: 12.5, bytesTransferred: 2 ** 50 })
      .where({ id: job.id });
    expect(await ReplicationJob.query(knex).findById(job.id)).toMatchObject({
      vmContextId: context.context_id,
      progressPercent: 12.5,
      vmaThroughputMbps: 0,
      bytesTransferred: 2 ** 50,
      errorMessage: null,
      createdAt: expect.any(Date),
    });
    await CbtHistory.query(knex).insert({ jobId: job.id, diskId: 'disk-1', syncType: 'full', syncSuccess: true });
    expect(await CbtHistory.query(knex).findOne({ job_id: job.id })).toMatchObject({ syncSuccess: true });
    await CbtHistory.query(knex).patch({ syncSuccess: false }).where({ job_id: job.id });
    expect(await CbtHistory.query(knex).findOne({ job_id: job.id })).toMatchObject({ syncSuccess: false });
  });

  test('objects are stored as JSON, in JSON columns and in those that the seeds make TEXT', async () => {
    const { knex } = database;
    const spec = { cpu: 2, nics: [{ mac: '00:50:56:00:00:01' }], name: 'é "quoted"' };
    const { id } = await makeJob(knex);
    await JobTracking.query(knex).patch({ result: spec, metadata: [] }).where({ id });
    expect(await JobTracking.query(knex).findById(id)).toMatchObject({ result: spec, metadata: [], payload: {} });
    const failover = { jobId: 'failover-1', vmId: 'vm', jobType: 'test', sourceVmName: 'vm', sourceVmSpec: spec };
    await FailoverJob.query(knex).insert(failover);
    expect(await FailoverJob.query(knex).findOne({ job_id: 'failover-1' })).toMatchObject({ sourceVmSpec: spec });
  });
});
