// `npm run check`: format, generated files, types, the description of the API and lint, in the order of what is quickest to mend. Stops at the first that fails.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const folders = ['src', 'test', 'scripts', 'migrations', 'bench'].filter((folder) => existsSync(join(root, folder)));
const steps: [name: string, script: string, ...args: string[]][] = [
  ['format', 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', ...folders],
  ['generated', 'scripts/generate.ts', '--check'],
  ['types', 'node_modules/typescript/bin/tsc', '--noEmit'],
  ['types of pages', 'node_modules/typescript/bin/tsc', '--noEmit', '--project', 'tsconfig.pages.json'],
  ['openapi', 'scripts/lint-openapi.ts'],
  ['lint', 'node_modules/eslint/bin/eslint.js', '--max-warnings=0', ...folders],
];

for (const [name, script, ...args] of steps) {
  const run = spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' });
  if (run.status !== 0) {
    console.error(`check: ${name} failed`);
    process.exitCode = 1;
    break;
  }
}
