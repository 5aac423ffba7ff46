// knex has types for its Client, and none for the file that holds the one of mysql2.
declare module 'knex/lib/dialects/mysql2/index.js' {
  import type { Knex } from 'knex';

  const client: typeof Knex.Client;
  export = client;
}
