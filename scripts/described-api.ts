// The OpenAPI document of this version, without a server: for what is made from it or checks it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openContext } from '../src/api/open-context.ts';
import { openApiDocument } from '../src/api/openapi.ts';
import type { Route } from '../src/api/route.ts';
import { routeTable } from '../src/api/route-table.ts';
import { toConfig } from '../src/config/config.ts';
import { readEnv } from '../src/config/env.ts';

export interface DescribedApi {
  readonly routes: readonly Route[];
  readonly document: Record<string, unknown>;
}

/** Routes close over a context; nothing of it is used until one of them is called, so nothing needs to answer. */
export async function describedApi(version = '0.0.0'): Promise<DescribedApi> {
  const stateDir = await mkdtemp(join(tmpdir(), 'mk-described-'));
  try {
    // Port 9 is discard: nothing listens there.
    const nowhere = { MIGRATEKIT_DB_PORT: '9', MIGRATEKIT_REDIS_URL: 'redis://127.0.0.1:9' };
    const settings = { ...nowhere, MIGRATEKIT_LOG_LEVEL: 'silent', MIGRATEKIT_STATE_DIR: stateDir };
    const context = await openContext(toConfig(readEnv(settings)), version);
    try {
      const routes = routeTable(context);
      return { routes, document: openApiDocument(routes, version) };
    } finally {
      await context.close();
    }
  } finally {
    await rm(stateDir, { recursive: true, force: true });
  }
}
