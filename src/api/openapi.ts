import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { PROBLEM_TYPE } from '../http/problem.ts';
import type { Route } from './route.ts';
import { noBody, noHeaders, noParams, noQuery } from './route.ts';
import { Problem } from './schemas/fields.ts';

/** The OpenAPI document of a table of routes: nothing in it is written by hand, so it cannot say what is not so. */

const SESSION = 'session';
const COOKIE = 'cookie';

type Responses = RouteConfig['responses'];

export function openApiDocument(routes: readonly Route[], version: string): Record<string, unknown> {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', SESSION, { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' });
  registry.registerComponent('securitySchemes', COOKIE, { type: 'apiKey', in: 'cookie', name: 'migratekit_session' });
  for (const route of routes) registry.registerPath(describeRoute(route));
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'MigrateKit OSSEA',
      version,
      description:
        'Replicates VMware virtual machines into Apache CloudStack. Refusals are problem documents (RFC 9457).',
    },
    servers: [{ url: '/api/v1' }],
  });
  return { ...document };
}

function describeRoute(route: Route): RouteConfig {
  return {
    method: route.method,
    path: route.path,
    operationId: operationId(route),
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [route.tag],
    security: route.open ? [] : [{ [SESSION]: [] }, { [COOKIE]: [] }],
    request: {
      ...(route.params === noParams ? {} : { params: route.params }),
      ...(route.query === noQuery ? {} : { query: route.query }),
      ...(route.headers === noHeaders ? {} : { headers: route.headers }),
      ...(route.body === noBody
        ? {}
        : { body: { required: true, content: { 'application/json': { schema: route.body } } } }),
    },
    responses: { ...answersOf(route), ...refusalsOf(route) },
  };
}

function answersOf(route: Route): Responses {
  return Object.fromEntries(
    Object.entries(route.answers).map(([status, { description, schema, mediaType = 'application/json' }]) => [
      status,
      schema === undefined ? { description } : { description, content: { [mediaType]: { schema } } },
    ]),
  );
}

function refusalsOf(route: Route): Responses {
  const codes = new Map<number, string[]>();
  const add = (status: number, code: string): void => void codes.set(status, [...(codes.get(status) ?? []), code]);
  if (!route.open) for (const code of ['auth.required', 'auth.expired', 'auth.bad-token']) add(401, code);
  if (!route.open && route.method !== 'get') add(403, 'auth.cross-site');
  if (route.params !== noParams || route.query !== noQuery || route.body !== noBody) add(400, 'request.invalid');
  if (route.body !== noBody) {
    add(400, 'request.malformed');
    add(413, 'request.too-large');
  }
  for (const refusal of route.refusals) for (const code of refusal.codes) add(refusal.status, code);
  return Object.fromEntries(
    [...codes].map(([status, list]) => [
      String(status),
      { description: list.join(', '), content: { [PROBLEM_TYPE]: { schema: Problem } } },
    ]),
  );
}

/** get /replications/{id}/progress -> getReplicationsByIdProgress */
function operationId(route: Route): string {
  const words = route.path.split('/').filter((word) => word !== '');
  const name = words.map((word) => (word.startsWith('{') ? `by-${word.slice(1, -1)}` : word)).join('-');
  return `${route.method}-${name}`.replace(/[-_.]+(\w)/g, (_match, letter: string) => letter.toUpperCase());
}
