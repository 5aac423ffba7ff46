import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { PROBLEM_TYPE } from '../http/problem.ts';
import { ANSWER_HEADERS, headerReferences, type AnswerHeader } from './openapi/headers.ts';
import { problemExample } from './openapi/problem-examples.ts';
import { TAGS } from './openapi/tags.ts';
import { refusalsOf } from './refusals.ts';
import type { AnswerSpec, Route } from './route.ts';
import { noBody, noHeaders, noParams, noQuery } from './route.ts';
import { Problem } from './schemas/fields.ts';

/** The OpenAPI document of a table of routes: nothing in it is written by hand, so it cannot say what is not so. */

const SESSION = 'session';
const COOKIE = 'cookie';
const JSON_TYPE = 'application/json';

type Responses = RouteConfig['responses'];

export function openApiDocument(routes: readonly Route[], version: string): Record<string, unknown> {
  const registry = new OpenAPIRegistry();
  registerComponents(registry);
  registerExamples(registry, routes);
  for (const route of routes) registry.registerPath(describeRoute(route));
  const used = new Set(routes.map((route) => route.tag));
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'MigrateKit OSSEA',
      version,
      description:
        'Replicates VMware virtual machines into Apache CloudStack. Requests that ask for work answer as soon as it ' +
        'is stored; workers do it. Refusals are problem documents (RFC 9457): match on `code`, show `hint` to people. ' +
        'Names are snake_case; times are UTC; sizes are bytes where the name does not say otherwise.',
      license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/v1', description: 'this server' }],
    tags: TAGS.filter(({ name }) => used.has(name)),
  });
  return { ...document };
}

function registerComponents(registry: OpenAPIRegistry): void {
  registry.registerComponent('securitySchemes', SESSION, {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The session_token of POST /auth/login.',
  });
  registry.registerComponent('securitySchemes', COOKIE, {
    type: 'apiKey',
    in: 'cookie',
    name: 'migratekit_session',
    description: 'The same in a browser that signed in: changes are taken from our own pages only.',
  });
  for (const [name, header] of Object.entries(ANSWER_HEADERS)) registry.registerComponent('headers', name, header);
  registry.registerComponent('responses', 'HeadersTooLarge', {
    description: 'request.headers-too-large: the headers of the request have more than 16 KiB',
    headers: headerReferences([]),
    content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
  });
  registry.registerComponent('responses', 'Unforeseen', {
    description: 'internal: an error of this server that nobody foresaw; the log has it under the request id',
    headers: headerReferences([]),
    content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
  });
}

/** Each code once, as the first route that documents it would say it. */
function registerExamples(registry: OpenAPIRegistry, routes: readonly Route[]): void {
  const examples = new Map<string, ReturnType<typeof problemExample>>();
  for (const route of routes) {
    for (const code of [...refusalsOf(route).values()].flat()) {
      if (!examples.has(code)) examples.set(code, problemExample(code, route.path));
    }
  }
  for (const [code, value] of examples) {
    if (value !== undefined) registry.registerComponent('examples', code, { summary: value.detail, value });
  }
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
      ...(route.body === noBody ? {} : { body: { required: true, content: { [JSON_TYPE]: { schema: route.body } } } }),
    },
    responses: {
      ...answersOf(route),
      ...problemsOf(route),
      431: { $ref: '#/components/responses/HeadersTooLarge' },
      500: { $ref: '#/components/responses/Unforeseen' },
    },
  };
}

function answersOf(route: Route): Responses {
  const answer = ({ description, schema, headers = [], mediaType }: AnswerSpec): Responses[string] => ({
    description,
    headers: headerReferences(headers),
    ...(schema === undefined ? {} : { content: { [mediaType ?? JSON_TYPE]: { schema } } }),
  });
  return Object.fromEntries(Object.entries(route.answers).map(([status, spec]) => [status, answer(spec)]));
}

function problemsOf(route: Route): Responses {
  const problem = (status: number, codes: readonly string[]): Responses[string] => ({
    description: codes.join(', '),
    headers: headerReferences(TELLS_WHEN.has(status) ? ['Retry-After'] : NO_HEADERS),
    content: { [PROBLEM_TYPE]: { schema: Problem, examples: exampleReferences(codes) } },
  });
  return Object.fromEntries([...refusalsOf(route)].map(([status, codes]) => [String(status), problem(status, codes)]));
}

const NO_HEADERS: readonly AnswerHeader[] = [];
const TELLS_WHEN: ReadonlySet<number> = new Set([429, 503]);

function exampleReferences(codes: readonly string[]): Record<string, { $ref: string }> {
  const known = codes.filter((code) => problemExample(code, '') !== undefined);
  return Object.fromEntries(known.map((code) => [code, { $ref: `#/components/examples/${code}` }]));
}

/** get /replications/{id}/progress -> getReplicationsByIdProgress */
function operationId(route: Route): string {
  const words = route.path.split('/').filter((word) => word !== '');
  const name = words.map((word) => (word.startsWith('{') ? `by-${word.slice(1, -1)}` : word)).join('-');
  return `${route.method}-${name}`.replace(/[-_.]+(\w)/g, (_match, letter: string) => letter.toUpperCase());
}
