import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { Secret } from '../../src/config/secrets.ts';
import type { VsphereSettings } from '../../src/vsphere/session.ts';
import { Authority } from './certificates.ts';
import { TestFolder } from './nbd-servers.ts';

/** govmomi's simulator of a vCenter: other people's idea of the API. Built from Debian's Go packages, once. */

const SOURCE = join(process.cwd(), 'test/support/vcsim/main.go');
const CACHE = join(process.cwd(), 'node_modules/.cache/vcsim');
const USERNAME = 'replicator@vsphere.local';

/** As long as building it may take, on a machine that does much else. */
export const BUILD_TIMEOUT_MS = 600_000;

async function buildVcsim(): Promise<string> {
  const key = createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 16);
  const binary = join(CACHE, key);
  if (existsSync(binary)) return binary;
  await mkdir(CACHE, { recursive: true });
  // Two runs may build at once; whoever is later replaces the same by the same.
  const draft = `${binary}.${process.pid}`;
  const env = {
    ...process.env,
    GO111MODULE: 'off',
    GOPATH: '/usr/share/gocode',
    GOCACHE: join(CACHE, 'go-build'),
    CGO_ENABLED: '0',
  };
  await promisify(execFile)('go', ['build', '-o', draft, SOURCE], { env, timeout: BUILD_TIMEOUT_MS });
  await rename(draft, binary);
  return binary;
}

export interface VcsimOptions {
  readonly password: string;
  /** VMs of each of its two resource pools. */
  readonly machines?: number;
}

export class Vcsim implements AsyncDisposable {
  readonly host: string;
  readonly certificate: X509Certificate;
  /** PEM of the authority that signed its certificate. */
  readonly authority: string;
  readonly #child: ChildProcess;
  readonly #folder: TestFolder;
  readonly #password: string;

  private constructor(at: { host: string; child: ChildProcess; folder: TestFolder; password: string }) {
    this.host = at.host;
    this.#child = at.child;
    this.#folder = at.folder;
    this.#password = at.password;
    this.certificate = new X509Certificate(readFileSync(at.folder.file('ca/vcsim/server-cert.pem')));
    this.authority = readFileSync(at.folder.file('ca/ca-cert.pem'), 'utf8');
  }

  static async start({ password, machines = 2 }: VcsimOptions): Promise<Vcsim> {
    const binary = await buildVcsim();
    const folder = new TestFolder();
    const certificates = new Authority(folder, 'ca').server('vcsim');
    const files = [`-cert=${certificates}/server-cert.pem`, `-key=${certificates}/server-key.pem`];
    const command = [binary, ...files, `-username=${USERNAME}`, `-vm=${machines}`];
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...command], {
      stdio: ['pipe', 'pipe', process.env['TEST_LOG'] === undefined ? 'ignore' : 'inherit'],
      env: { ...process.env, TMPDIR: folder.path },
    });
    child.stdin.write(`${password}\n`);
    for await (const line of createInterface({ input: child.stdout })) {
      return new Vcsim({ host: hostOf(line), child, folder, password });
    }
    folder[Symbol.dispose]();
    throw new Error(`vcsim ended before it was ready: ${child.exitCode}`);
  }

  get thumbprint(): string {
    return this.certificate.fingerprint256;
  }

  settings(changes: Partial<VsphereSettings> = {}): VsphereSettings {
    return {
      address: `https://${this.host}`,
      trust: { kind: 'thumbprint', thumbprint: this.thumbprint },
      username: USERNAME,
      password: new Secret(this.#password),
      callTimeoutMs: 60_000,
      ...changes,
    };
  }

  /** Stops it where it is: it still accepts connections, and answers nothing. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
    this.#folder[Symbol.dispose]();
  }
}

function hostOf(line: string): string {
  const { host } = JSON.parse(line) as { host: string };
  return host;
}
