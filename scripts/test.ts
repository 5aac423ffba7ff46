// `npm test [-- JEST ARGUMENTS]`: every test, on real MariaDB, Redis and NBD servers that test/support/global-setup.ts starts.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const jest = spawn(process.execPath, [join(root, 'node_modules/jest/bin/jest.js'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
// Ctrl-C reaches Jest through the terminal; a TERM reaches only us, and Jest must still run its global teardown.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (signal !== 'SIGINT') jest.kill(signal);
  });
}
jest.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
