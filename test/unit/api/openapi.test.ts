import { beforeAll, describe, expect, test } from '@jest/globals';
import { describedApi, type DescribedApi } from '../../../scripts/described-api.ts';
import { refusalsOf } from '../../../src/api/refusals.ts';
import { Problem } from '../../../src/api/schemas/fields.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly example?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}
interface Media {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}
interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly description?: string; readonly schema: Schema }[];
  readonly requestBody?: Media;
  readonly responses: Readonly<Record<string, Media>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly examples: Readonly<Record<string, { readonly value: unknown }>>;
  };
}

let api: DescribedApi;
let document: Document;
beforeAll(async () => {
  api = await describedApi('1.2.3');
  document = api.document as unknown as Document;
});

const operations = (): Operation[] => Object.values(document.paths).flatMap((methods) => Object.values(methods));

/** Every field of every body, parameter and component, with where it stands. */
function fields(): [place: string, name: string, field: Schema][] {
  const found: [string, string, Schema][] = [];
  const walk = (schema: Schema, place: string): void => {
    for (const [name, field] of Object.entries(schema.properties ?? {})) {
      found.push([place, name, field]);
      walk(field, `${place}.${name}`);
    }
    const { items, additionalProperties: more } = schema;
    if (items !== undefined) walk(items, `${place}[]`);
    if (typeof more === 'object') walk(more, `${place}{}`);
    for (const part of [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) walk(part, place);
  };
  for (const [name, schema] of Object.entries(document.components.schemas)) walk(schema, name);
  for (const operation of operations()) {
    for (const { name, schema } of operation.parameters ?? []) found.push([operation.operationId, name, schema]);
    for (const media of [operation.requestBody, ...Object.values(operation.responses)]) {
      for (const { schema } of Object.values(media?.content ?? {})) walk(schema ?? {}, operation.operationId);
    }
  }
  return found;
}

const descriptionOf = (field: Schema): string => {
  const parts = [field, ...(field.allOf ?? []), ...(field.anyOf ?? []), ...(field.oneOf ?? [])];
  const own = parts.find((part) => part.description !== undefined)?.description;
  if (own !== undefined) return own;
  const reference =
    parts
      .find((part) => part.$ref !== undefined)
      ?.$ref?.split('/')
      .at(-1) ?? '';
  return document.components.schemas[reference]?.description ?? '';
};

const SCALARS = ['string', 'number', 'integer'];
const isScalar = ({ type = [] }: Schema): boolean => [type].flat().some((one) => SCALARS.includes(one));

describe('every field of the API', () => {
  test('is there at all', () => {
    expect(fields().length).toBeGreaterThan(250);
  });

  test('has a description', () => {
    const bare = fields().filter(([, , field]) => descriptionOf(field) === '');
    expect(bare.map(([place, name]) => `${place}.${name}`)).toEqual([]);
  });

  test('has an example, where it is a text or a number', () => {
    const bare = fields().filter(([, , field]) => isScalar(field) && field.example === undefined);
    expect(bare.map(([place, name]) => `${place}.${name}`)).toEqual([]);
  });

  test.each([
    ['bytes', /^bytes$|_bytes$|^bytes_/],
    ['percent', /percent|^progress$/],
    ['seconds', /_seconds$|^uptime$/],
    ['bytes per second', /_bps$/],
    ['MiB per second', /_mbps$/],
    ['MiB', /_mb$/],
    ['GiB', /_gb$/],
    ['UTC', /_at$|^last_polled$|^(since|until)$/],
  ])('says %s where its name is like %s', (unit, pattern) => {
    const measured = fields().filter(([, name, field]) => pattern.test(name) && isScalar(field));
    expect(measured).not.toHaveLength(0);
    const silent = measured.filter(([, , field]) => !descriptionOf(field).includes(unit));
    expect(silent.map(([place, name]) => `${place}.${name}`)).toEqual([]);
  });
});

test('every component has a description', () => {
  const bare = Object.entries(document.components.schemas).filter(([, schema]) => schema.description === undefined);
  expect(bare.map(([name]) => name)).toEqual([]);
});

test('no component is null: whether there is one is a matter of the field', () => {
  const nullable = Object.entries(document.components.schemas).filter(([, { type = [] }]) => type.includes('null'));
  expect(nullable.map(([name]) => name)).toEqual([]);
});

test('every refusal of every route has an example, which is a problem document of its status', () => {
  const refusals = api.routes.flatMap((route) =>
    [...refusalsOf(route)].flatMap(([status, codes]) => codes.map((code) => [status, code] as const)),
  );
  const exampleOf = (code: string): unknown => document.components.examples[code]?.value;
  const bare = refusals.filter(([, code]) => exampleOf(code) === undefined);
  expect([...new Set(bare.map(([, code]) => code))]).toEqual([]);
  for (const [status, code] of refusals) {
    expect(Problem.parse(exampleOf(code))).toMatchObject({ status, code, hint: expect.any(String) });
  }
});

test('operations keep the names that clients were generated with', () => {
  const ids = operations().map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual(
    expect.arrayContaining([
      'getHealth',
      'getHealthLive',
      'getHealthReady',
      'postAuthLogin',
      'postAuthLogout',
      'postReplications',
      'getReplications',
      'getReplicationsById',
      'postReplicationsByIdCancel',
      'getReplicationsByIdProgress',
      'getProgressByJobId',
      'getVmContexts',
      'getVmContextsUngrouped',
      'getVmContextsByIdByContextId',
      'getVmContextsByContextIdDisks',
      'getVmContextsByContextIdRecentJobs',
      'getVmContextsByVmName',
      'getJobs',
      'getJobsById',
      'getOpenapiJson',
    ]),
  );
});
