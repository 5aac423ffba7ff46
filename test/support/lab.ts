import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openLabDatabase } from './lab-database.ts';
import { makeServerFolder } from './server-folder.ts';
import { until } from './until.ts';

/** A lab as its users see it: started, asked and stopped through ./migratekit, talked to over HTTP. */

const run = promisify(execFile);
const launcher = join(process.cwd(), 'migratekit');

/** What died is mended quickly, and the simulated cloud is looked at often. */
const QUICK = {
  MIGRATEKIT_RECONCILE_MS: '1000',
  MIGRATEKIT_RELAY_MS: '200',
  MIGRATEKIT_CLOUD_POLL_MS: '100',
};
/** For labs whose workers are killed or stopped: that is noticed quickly, too. */
export const SHORT_LEASES = {
  MIGRATEKIT_LEASE_MS: '6000',
  MIGRATEKIT_TRUST_MS: '4000',
  MIGRATEKIT_HEARTBEAT_MS: '1000',
};

/** Data of servers; the disks of VMs and their volumes are files where a lab has them. */
const SERVERS = ['mariadb', 'redis'];

/** A new folder for a lab, whose servers keep their data in memory where that is possible. */
export function makeLabFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'e2e-lab-'));
  for (const server of SERVERS) symlinkSync(makeServerFolder(`e2e-${server}-`), join(dir, server));
  return dir;
}

export function removeLabFolder(dir: string): void {
  for (const server of SERVERS) rmSync(realpathSync(join(dir, server)), { recursive: true, force: true });
  rmSync(dir, { recursive: true, force: true });
}

export interface LabJson {
  readonly dir: string;
  readonly api: { readonly url: string; readonly token: string };
  readonly board: string;
  readonly vcenter: {
    readonly url: string;
    readonly username: string;
    readonly password: string;
    readonly thumbprint: string;
  };
  readonly cloudstack: { readonly endpoint: string; readonly api_key: string; readonly secret_key: string };
  readonly redis: { readonly url: string };
  readonly database: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly name: string;
  };
  readonly workers: readonly { readonly pid: number }[];
  readonly disks: readonly { readonly vm: string; readonly disk_id: string; readonly path: string }[];
  readonly volumes: readonly {
    readonly volume_id: string;
    readonly vm: string;
    readonly disk_id: string;
    readonly path: string;
  }[];
  readonly jobs: readonly JobJson[];
}
export interface JobJson {
  readonly job_id: string;
  readonly queue: string;
  readonly status: string;
  readonly worker_pid: number | null;
  readonly percent: number;
}

export class TestLab implements AsyncDisposable {
  readonly dir: string;
  readonly state: LabJson;

  private constructor(dir: string, state: LabJson) {
    this.dir = dir;
    this.state = state;
  }

  static up(...args: string[]): Promise<TestLab> {
    return TestLab.upWith({}, ...args);
  }

  /** @param env settings of its processes */
  static async upWith(env: Readonly<Record<string, string>>, ...args: string[]): Promise<TestLab> {
    const dir = makeLabFolder();
    try {
      const { stdout } = await migratekit(['lab', 'up', '--json', '--dir', dir, ...args], env);
      return new TestLab(dir, JSON.parse(stdout) as LabJson);
    } catch (error) {
      removeLabFolder(dir);
      throw error;
    }
  }

  async status(): Promise<LabJson> {
    const { stdout } = await migratekit(['lab', 'status', '--json', '--dir', this.dir]);
    return JSON.parse(stdout) as LabJson;
  }

  async write(...args: string[]): Promise<void> {
    await migratekit(['lab', 'write', ...args, '--dir', this.dir]);
  }

  async api(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(`${this.state.api.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.state.api.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  /** Has something happen at the lab's vCenter: see src/lab/vcenter/control/routes.ts. */
  async vcenter(what: string, body: object): Promise<void> {
    const dir = join(this.dir, 'vcenter');
    const { controlToken } = JSON.parse(readFileSync(join(dir, 'keys.json'), 'utf8')) as { controlToken: string };
    const sending = request(`${this.state.vcenter.url}/control/${what}`, {
      method: 'POST',
      ca: readFileSync(join(dir, 'cert.pem')),
      headers: { authorization: `Bearer ${controlToken}`, 'content-type': 'application/json' },
    });
    sending.end(JSON.stringify(body));
    const [response] = (await once(sending, 'response')) as [IncomingMessage];
    response.resume();
    if (response.statusCode !== 200) throw new Error(`the vcenter of the lab refused ${what}: ${response.statusCode}`);
  }

  /** Posts a replication of a VM that must be accepted. @returns the job's id */
  async replicate(vm = 'lab-vm-1', more: object = {}): Promise<string> {
    const { status, body } = await this.api('POST', '/replications', { vm_name: vm, ...more });
    if (status !== 202) throw new Error(`not accepted: ${status} ${JSON.stringify(body)}`);
    return String(body['job_id']);
  }

  /** Waits for the end of a job. @returns the replication as the API shows it */
  async ended(jobId: string, withinMs = 180_000): Promise<Record<string, unknown>> {
    let seen: Record<string, unknown> = {};
    try {
      await until(
        async () => {
          seen = (await this.api('GET', `/replications/${jobId}`)).body;
          return ['completed', 'failed', 'cancelled'].includes(String(seen['status']));
        },
        { withinMs, what: `the end of ${jobId}` },
      );
    } catch (error) {
      await using db = openLabDatabase(this.state);
      throw new Error(`job ${jobId} did not end\n${await db.story(jobId)}`, { cause: error });
    }
    return seen;
  }

  /** Waits until the job really copies: between 10 and 90 percent, with a worker. */
  async copying(jobId: string): Promise<JobJson & { worker_pid: number }> {
    // The API answers at once; a command for each look would see little of a short copy on a slow machine.
    await until(async () => (await this.#percent(jobId)) >= 10, { withinMs: 120_000, what: `${jobId} to copy` });
    let found: JobJson | undefined;
    await until(
      async () => {
        found = (await this.status()).jobs.find((job) => job.job_id === jobId);
        return found !== undefined && found.worker_pid !== null && found.percent <= 90;
      },
      { withinMs: 120_000, what: `${jobId} to be between 10 and 90 percent` },
    );
    if (found?.worker_pid === null || found === undefined) throw new Error('no worker');
    return { ...found, worker_pid: found.worker_pid };
  }

  /** Waits until a job that copies has come further than it is now, or has ended. */
  async progressed(jobId: string): Promise<void> {
    const before = await this.#percent(jobId);
    await until(async () => (await this.#percent(jobId)) > before + 5, {
      withinMs: 120_000,
      what: `${jobId} to come further`,
    });
  }

  async #percent(jobId: string): Promise<number> {
    return Number((await this.api('GET', `/replications/${jobId}`)).body['progress_percent']);
  }

  /** Hashes of source and target over the source's length, disk by disk. */
  async hashes(): Promise<{ disk: string; source: string; target: string }[]> {
    const { disks, volumes } = await this.status();
    return Promise.all(
      disks.map(async (disk) => {
        const target = volumes.find((volume) => volume.vm === disk.vm && volume.disk_id === disk.disk_id);
        const source = await sha256(disk.path);
        const copy = target === undefined ? 'no volume' : (await sha256(target.path, source.bytes)).hex;
        return { disk: `${disk.vm} ${disk.disk_id}`, source: source.hex, target: copy };
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await migratekit(['lab', 'down', '--dir', this.dir]);
    removeLabFolder(this.dir);
  }
}

/** Runs one command to its end. Rejects with stdout and stderr unless it exits with 0. */
export function migratekit(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ stdout: string; stderr: string }> {
  return run(launcher, args, { env: { ...process.env, ...QUICK, ...env }, timeout: 300_000, maxBuffer: 2 ** 26 });
}

/** Starts one command in the foreground. */
export function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return spawn(launcher, args, { env: { ...process.env, ...QUICK, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Of the first `length` bytes of a file, or of all of it. */
export async function sha256(path: string, length?: number): Promise<{ hex: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, length === undefined ? {} : { end: length - 1 })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { hex: hash.digest('hex'), bytes };
}
