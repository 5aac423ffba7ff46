import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Programs in Go on Debian's packages, built once for each state of their source. */

/** As long as building one may take, on a machine that does much else. */
export const BUILD_TIMEOUT_MS = 600_000;

/** The binary of test/support/`folder`/main.go. */
export async function buildGo(folder: string): Promise<string> {
  const source = join(process.cwd(), 'test/support', folder, 'main.go');
  const cache = join(process.cwd(), 'node_modules/.cache', folder);
  const key = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const binary = join(cache, key);
  if (existsSync(binary)) return binary;
  await mkdir(cache, { recursive: true });
  // Two runs may build at once; whoever is later replaces the same by the same.
  const draft = `${binary}.${process.pid}`;
  const env = {
    ...process.env,
    GO111MODULE: 'off',
    GOPATH: '/usr/share/gocode',
    GOCACHE: join(cache, 'go-build'),
    CGO_ENABLED: '0',
  };
  await promisify(execFile)('go', ['build', '-o', draft, source], { env, timeout: BUILD_TIMEOUT_MS });
  await rename(draft, binary);
  return binary;
}
