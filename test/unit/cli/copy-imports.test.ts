import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = process.cwd();
const ENTRY = join(ROOT, 'src/bin/copy.ts');

/**
 * Every file and package that a source file pulls in when it runs; types cost nothing. What is imported in the midst of
 * the code is loaded with an option only, but for the entry's own.
 */
function loadedBy(entry: string, options: { withLazy: boolean }, loaded = new Set<string>()): Set<string> {
  if (loaded.has(entry)) return loaded;
  loaded.add(entry);
  if (!existsSync(entry)) return loaded;
  const imports = readFileSync(entry, 'utf8').matchAll(
    /^(?:import|export)\s+(?!type\b)[^;]*?from '([^']+)';|import\('([^']+)'\)/gms,
  );
  for (const [, fixed, lazy] of imports) {
    const name = fixed ?? (options.withLazy || entry === ENTRY ? lazy : undefined);
    if (name?.startsWith('.') === true) loadedBy(join(dirname(entry), name), options, loaded);
    else if (name !== undefined) loaded.add(name);
  }
  return loaded;
}

const packagesOf = (loaded: ReadonlySet<string>): string[] =>
  [...loaded].filter((name) => !name.startsWith(ROOT) && !name.startsWith('node:'));

test('copy starts with the engine alone: no package, nothing that only an option needs', () => {
  const loaded = loadedBy(ENTRY, { withLazy: false });
  expect(packagesOf(loaded)).toEqual([]);
  expect([...loaded].filter((name) => /node:tls|verify\/manifest|copy-resume/.test(name))).toEqual([]);
});

test('copy comes from no other room of the house, whatever its options', () => {
  const loaded = loadedBy(ENTRY, { withLazy: true });
  const rooms = [...loaded].filter((name) => name.startsWith(ROOT)).map((name) => relative(ROOT, name).split('/')[1]);
  expect([...new Set(rooms)].toSorted()).toEqual(['base', 'bin', 'cli', 'nbd', 'transfer']);
  expect(packagesOf(loaded)).toEqual(['@node-rs/xxhash']);
});
