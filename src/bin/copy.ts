import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

// Stripping the types of the engine costs more than starting it; the cache is keyed by content, and only a cache.
enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/migratekit-compile'));
// Short-lived objects would otherwise let the young generation grow by 100 MB, which buys a copy nothing.
setFlagsFromString('--semi-space-growth-factor=1');
const { runCopy } = await import('../cli/copy.ts');

process.exitCode = await runCopy(process.argv.slice(2), {
  out: (line) => console.log(line),
  err: (line) => console.error(line),
});
