import { describe, expect, test } from '@jest/globals';
import { createTestDatabase } from '../../support/database.ts';

describe('test database', () => {
  test('has the schema of the migrations, is empty, and is gone after use', async () => {
    let name: string;
    {
      await using database = await createTestDatabase();
      name = database.config.name;
      expect(await database.knex('vm_replication_contexts').select()).toEqual([]);
      expect(await database.knex('active_jobs').select()).toEqual([]);
    }
    await using other = await createTestDatabase();
    const left = await other.knex('information_schema.schemata').where({ schema_name: name });
    expect(left).toEqual([]);
  });
});
