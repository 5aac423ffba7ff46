import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from '@jest/globals';

/** Every file and package that a source file pulls in when it runs; types cost nothing. */
function loadedBy(entry: string, loaded = new Set<string>()): Set<string> {
  if (loaded.has(entry)) return loaded;
  loaded.add(entry);
  if (!existsSync(entry)) return loaded;
  const imports = readFileSync(entry, 'utf8').matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from '([^']+)';/gms);
  for (const [, name = ''] of imports) {
    if (name.startsWith('.')) loadedBy(join(dirname(entry), name), loaded);
    else loaded.add(name);
  }
  return loaded;
}

test('copy starts with the engine alone: no package, no other room of the house', () => {
  const root = process.cwd();
  const loaded = [...loadedBy(join(root, 'src/bin/copy.ts'))];
  const foreign = loaded.filter((name) => !name.startsWith(root) && !name.startsWith('node:'));
  const rooms = loaded.filter((name) => name.startsWith(root)).map((name) => relative(root, name).split('/')[1]);
  expect(foreign).toEqual([]);
  expect([...new Set(rooms)].toSorted()).toEqual(['base', 'bin', 'cli', 'nbd', 'transfer']);
});
