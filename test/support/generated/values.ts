import fc from 'fast-check';
import { z } from 'zod';

/** Values for requests: what a schema allows, and what a stranger may send instead. */

/** As z.toJSONSchema makes it; only what our schemas use. */
interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
}
type Definitions = Readonly<Record<string, Schema>>;

/** Strings that have broken something somewhere before. */
export const hostileText = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '.',
    '..',
    '../../etc/passwd',
    '%00',
    '\u0000',
    'a\u0000b',
    '\r\nset-cookie: a=b',
    '\u202Eabc',
    'e\u0301',
    'É',
    'ß',
    'İ',
    '🙂'.repeat(50),
    '\uD800',
    '\uFFFF',
    'null',
    'undefined',
    'NaN',
    '-1',
    '0',
    '1e309',
    '9223372036854775808',
    "' or 1=1 -- ",
    '"; drop table job_tracking; --',
    '${7*7}',
    '<script>alert(1)</script>',
    '__proto__',
    'constructor',
    'toString',
    'by-id',
    'x'.repeat(64),
    'x'.repeat(65),
    'x'.repeat(191),
    'x'.repeat(192),
    'ü'.repeat(255),
    'x'.repeat(70_000),
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.string({ maxLength: 20 }),
);

const hostileNumber = fc.oneof(
  fc.constantFrom(0, -1, 0.5, 1e15, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 - 1, 2 ** 63, 1e308, Number.MIN_VALUE, -0),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const nested = (depth: number): unknown => {
  let value: unknown = 'bottom';
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

/** Any JSON, hostile in parts. */
export const hostileJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: hostileText },
  { weight: 3, arbitrary: hostileNumber },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, [[]], [null], { toString: 1 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      nested(50),
      nested(3_000),
      Array.from({ length: 2_000 }, () => 0),
    ),
  },
);

/** What the schema takes, now and then at the edge of it. */
export function valuesOf(schema: z.ZodType): fc.Arbitrary<unknown> {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
  return arbitraryOf(json, json.$defs ?? {});
}

function arbitraryOf(schema: Schema, known: Definitions): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) return arbitraryOf(known[schema.$ref.replace('#/$defs/', '')] ?? {}, known);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices !== undefined) return fc.oneof(...choices.map((choice) => arbitraryOf(choice, known)));
  if (schema.type === undefined) return hostileJson;
  return fc.oneof(...[schema.type].flat().map((type) => BY_TYPE[type]?.(schema, known) ?? hostileJson));
}

const BY_TYPE: Readonly<Record<string, (schema: Schema, known: Definitions) => fc.Arbitrary<unknown>>> = {
  string: textWithin,
  integer: (schema) => numbersWithin(schema, (range) => fc.integer(range)),
  number: (schema) => numbersWithin(schema, (range) => fc.double({ ...range, noNaN: true })),
  boolean: () => fc.boolean(),
  null: () => fc.constant(null),
  array: (schema, known) =>
    fc.array(arbitraryOf(schema.items ?? {}, known), { maxLength: Math.min(4, schema.maxItems ?? 4) }),
  object: objectsOf,
};

function textWithin({ minLength = 0, maxLength = 100 }: Schema): fc.Arbitrary<string> {
  const size = { minLength, maxLength: Math.min(maxLength, Math.max(minLength, 60)) };
  // An object has many fields: with one in thirty beyond its limits, a good part of all objects still fits.
  return fc.oneof(
    { weight: 20, arbitrary: fc.string(size) },
    { weight: 6, arbitrary: fc.string({ ...size, unit: 'grapheme' }) },
    { weight: 2, arbitrary: fc.string({ ...size, unit: 'binary' }) },
    { weight: 1, arbitrary: fc.constantFrom('x'.repeat(maxLength), '🙂'.repeat(Math.floor(maxLength / 2))) },
    { weight: 1, arbitrary: hostileText },
  );
}

function numbersWithin(
  schema: Schema,
  make: (range: { min: number; max: number }) => fc.Arbitrary<number>,
): fc.Arbitrary<number> {
  const { exclusiveMinimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = schema;
  const minimum = schema.minimum ?? exclusiveMinimum + 1;
  const top = Math.min(maximum, minimum + 1_000);
  return fc.oneof(
    { weight: 8, arbitrary: make({ min: minimum, max: Math.max(minimum, top) }) },
    { weight: 1, arbitrary: make({ min: minimum, max: maximum }) },
    { weight: 1, arbitrary: fc.constantFrom(minimum, maximum) },
  );
}

function objectsOf({ properties = {}, required = [] }: Schema, known: Definitions): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, arbitraryOf(schema, known)]),
  );
  const requiredKeys = required.filter((name) => name in fields);
  return fc.record(fields, { requiredKeys });
}

/** `value` with one of its fields, at any depth, replaced, added or taken away. */
export function spoiled(value: unknown): fc.Arbitrary<unknown> {
  return fc
    .tuple(fc.array(fc.nat(7), { minLength: 1, maxLength: 4 }), hostileJson, fc.constantFrom('set', 'drop', 'add'))
    .map(([way, by, how]) => replaceAt(JSON.parse(JSON.stringify(value)), way, { by, how }));
}

function replaceAt(value: unknown, way: readonly number[], change: { by: unknown; how: string }): unknown {
  const [step = 0, ...rest] = way;
  if (typeof value !== 'object' || value === null) return change.by;
  const keys = Object.keys(value);
  const key = keys[step % Math.max(1, keys.length)];
  if (key === undefined || change.how === 'add') return { ...value, nonsense: change.by };
  const fields = value as Record<string, unknown>;
  const inner = fields[key];
  if (rest.length > 0 && typeof inner === 'object' && inner !== null) fields[key] = replaceAt(inner, rest, change);
  else if (change.how === 'drop') delete fields[key];
  else fields[key] = change.by;
  return value;
}
