import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { describedApi } from '../../../scripts/described-api.ts';

/** Every schema that `root` is made of, itself included. */
function schemasIn(root: unknown, found = new Set<z.ZodType>()): Set<z.ZodType> {
  if (root instanceof z.ZodType) {
    if (found.has(root)) return found;
    found.add(root);
    schemasIn(Object.values(root.def), found);
  } else if (Array.isArray(root)) {
    for (const part of root) schemasIn(part, found);
  } else if (typeof root === 'object' && root !== null && Object.getPrototypeOf(root) === Object.prototype) {
    schemasIn(Object.values(root), found);
  }
  return found;
}

/** Ids that several of these schemas have; of those the document would describe one and leave the others out. */
function sharedIds(schemas: Iterable<z.ZodType>): string[] {
  const ids = [...schemas].flatMap((schema) => z.globalRegistry.get(schema)?.id ?? []);
  return ids.filter((id, index) => ids.indexOf(id) !== index);
}

test('no two schemas of the API have one id', async () => {
  const { routes } = await describedApi('1.2.3');
  const parts = routes.flatMap(({ params, query, headers, body, answers }) => [
    params,
    query,
    headers,
    body,
    ...Object.values(answers).map(({ schema }) => schema),
  ]);
  const schemas = schemasIn(parts);
  expect([...schemas].filter((schema) => z.globalRegistry.get(schema)?.id !== undefined).length).toBeGreaterThan(50);
  expect(sharedIds(schemas)).toEqual([]);
});

test('two schemas that share an id are seen, however deep they are', () => {
  const one = z.object({ a: z.string() }).meta({ id: 'SharedByTwo' });
  const other = z.array(z.object({ b: z.object({ c: z.int() }).meta({ id: 'SharedByTwo' }).nullable() }));
  expect(sharedIds(schemasIn([one, other, one]))).toEqual(['SharedByTwo']);
});
