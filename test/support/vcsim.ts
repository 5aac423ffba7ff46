import { spawn, type ChildProcess } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Secret } from '../../src/config/secrets.ts';
import type { VsphereSettings } from '../../src/vsphere/session.ts';
import { Authority } from './certificates.ts';
import { buildGo } from './go-program.ts';
import { TestFolder } from './nbd-servers.ts';
import { standStill } from './processes.ts';

/** govmomi's simulator of a vCenter: other people's idea of the API. Built from Debian's Go packages, once. */

const USERNAME = 'replicator@vsphere.local';

export { BUILD_TIMEOUT_MS } from './go-program.ts';

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
    const binary = await buildGo('vcsim');
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
  async freeze(): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('vcsim was never started');
    await standStill(pid);
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
