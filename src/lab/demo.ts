import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { sleep } from '../base/clock.ts';
import { AppError, invalidRequest } from '../base/errors.ts';
import { formatBytes, formatDuration, MiB, MINUTE, SECOND } from '../base/units.ts';
import { requestJson, type Peer } from '../http/json-client.ts';
import { readEnv } from '../config/env.ts';
import { timingOf } from './environment.ts';
import { addFile } from './images.ts';
import { alreadyRunning, ownerOf } from './owner.ts';
import { progressBar } from './progress-bar.ts';
import { labStatus } from './status.ts';
import { startLab, type Lab } from './supervisor.ts';
import { randomWrites, writeDisk } from './write.ts';

/**
 * `npm run demo`: the main job of the product on real bytes. A VM with two disks that hold a file system is replicated
 * in full, its disks change, a second cycle moves the changes, and the hashes of source and target are compared.
 */

const USAGE = 'usage: migratekit demo [--once] [--json] [--dir DIR]';
const VM = 'lab-vm-1';
const JOB_WITHIN_MS = 10 * MINUTE;

export interface DemoOptions {
  readonly home: string;
  readonly args: readonly string[];
  /** When the command was started, before anything was installed: epoch milliseconds. */
  readonly startedAt: number;
  readonly print: (line: string) => void;
  /** Progress and explanations, for people. */
  readonly tell: (text: string) => void;
  /** Resolves when somebody asks to stop. */
  readonly stopped: Promise<void>;
}

const job = z.object({
  job_id: z.string(),
  status: z.string(),
  progress_percent: z.number(),
  current_operation: z.string().nullish(),
  bytes_transferred: z.number().nullish(),
  error_message: z.string().nullish(),
  configuration: z.object({ replication_type: z.string() }).partial().nullish(),
});
type Job = z.output<typeof job>;

interface Cycle {
  readonly type: string;
  readonly bytes_transferred: number;
  readonly seconds: number;
}

/** Runs the demo. @returns whether every hash was equal @throws invalid-request `cli.usage` */
export async function demo(options: DemoOptions): Promise<boolean> {
  const values = parseOptions(options.args);
  const dir = resolve(values.dir ?? join(options.home, '.lab/demo'));
  const setupStarted = Date.now();
  options.tell(
    'Setting up: MariaDB, Redis, simulators of vCenter and CloudStack, VMA, volume daemon, API, two workers, a VM with two disks\n',
  );
  await forgetLast(dir);
  const lab = await startLab({
    dir,
    home: options.home,
    workers: 2,
    vms: 1,
    guests: false,
    rateBytesPerS: 0,
    timing: timingOf(readEnv()),
  });
  const stopLab = options.stopped.then(() => lab.stop());
  const failed = lab.failed.then((error) => {
    throw error;
  });
  try {
    const setupSeconds = (Date.now() - Math.min(setupStarted, options.startedAt)) / 1000;
    const report = await Promise.race([run(lab, options, setupSeconds), failed]);
    if (values.json) options.print(JSON.stringify(report));
    if (!values.once) {
      options.tell(`\nThe lab stays up. API ${lab.state.api.url}, folder ${dir}. Ctrl-C stops it.\n`);
      await Promise.race([stopLab, failed]);
    }
    return report.ok;
  } finally {
    await lab.stop();
  }
}

/** The demo starts from nothing. Only what a lab makes is removed: `--dir` may name a folder with other things in it. */
async function forgetLast(dir: string): Promise<void> {
  if (ownerOf(dir) !== undefined) throw alreadyRunning(dir);
  for (const made of ['source', 'vms', 'vcenter', 'mariadb', 'redis', 'cloudstack', 'state', 'logs', 'lab.json']) {
    await rm(join(dir, made), { recursive: true, force: true });
  }
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        once: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        dir: { type: 'string' },
      },
    }).values;
  } catch (cause) {
    throw invalidRequest('cli.usage', `${cause instanceof Error ? cause.message : String(cause)}\n${USAGE}`, { cause });
  }
}

async function run(lab: Lab, options: DemoOptions, setupSeconds: number) {
  const started = Date.now();
  const api: Peer = { name: 'api', url: lab.state.api.url, token: lab.state.api.token };
  options.tell(`Replicating ${VM} in full\n`);
  const first = await cycle(api, options);
  options.tell('Changing the disks: a new file, and random bytes in old places\n');
  await change(lab);
  options.tell(`Replicating what changed\n`);
  const second = await cycle(api, options);
  options.tell('Comparing hashes\n');
  const disks = await compare(lab);
  for (const disk of disks) {
    options.tell(
      `  ${disk.disk_id}  source ${disk.source_sha256}\n  ${' '.repeat(disk.disk_id.length)}  target ${disk.target_sha256}\n`,
    );
  }
  const ok =
    disks.length > 0 &&
    disks.every((disk) => disk.source_sha256 === disk.target_sha256) &&
    second.type === 'incremental';
  options.tell(ok ? 'Equal.\n' : 'NOT EQUAL.\n');
  return {
    ok,
    vm: VM,
    disks,
    cycles: [first, second],
    setup_seconds: setupSeconds,
    run_seconds: (Date.now() - started) / 1000,
  };
}

/** Posts a replication and follows it to its end. */
async function cycle(api: Peer, options: DemoOptions): Promise<Cycle> {
  const started = Date.now();
  const accepted = await requestJson(api, {
    method: 'POST',
    path: '/replications',
    body: { vm_name: VM },
    answer: z.object({ job_id: z.string() }),
    deadlineMs: 30 * SECOND,
  });
  const bar = progressBar(options.tell);
  while (Date.now() - started < JOB_WITHIN_MS) {
    const seen: Job = await requestJson(api, {
      method: 'GET',
      path: `/replications/${accepted.job_id}`,
      answer: job,
      deadlineMs: 30 * SECOND,
    });
    bar.show(seen.progress_percent, seen.current_operation ?? seen.status);
    if (seen.status === 'completed') return finished(seen, { started, bar, tell: options.tell });
    if (seen.status === 'failed' || seen.status === 'cancelled') {
      throw new AppError('upstream', [
        'demo.job-failed',
        `${accepted.job_id} ${seen.status}: ${seen.error_message ?? ''}`,
      ]);
    }
    await sleep(200);
  }
  throw new AppError('upstream', [
    'demo.job-late',
    `${accepted.job_id} did not end within ${formatDuration(JOB_WITHIN_MS)}`,
  ]);
}

function finished(seen: Job, run: { started: number; bar: { end(): void }; tell: (text: string) => void }): Cycle {
  run.bar.end();
  const seconds = (Date.now() - run.started) / 1000;
  const bytes = seen.bytes_transferred ?? 0;
  run.tell(`  ${formatBytes(bytes)} in ${formatDuration(seconds * 1000)}\n`);
  return { type: seen.configuration?.replication_type ?? 'unknown', bytes_transferred: bytes, seconds };
}

async function change(lab: Lab): Promise<void> {
  for (const disk of lab.state.disks) {
    await addFile(disk.path, { name: 'changed-by-demo', bytes: Buffer.alloc(6 * MiB, `changed ${disk.disk_id} `) });
    await writeDisk(disk.path, randomWrites({ bytes: 2 * MiB, seed: disk.disk_id, capacityBytes: 256 * MiB }));
  }
}

interface DiskReport {
  readonly disk_id: string;
  readonly bytes: number;
  readonly source_sha256: string;
  readonly target_sha256: string;
  readonly source_path: string;
  readonly target_path: string;
}

/** Hashes cover the source's length: a volume is rounded up to whole GiB. */
async function compare(lab: Lab): Promise<DiskReport[]> {
  const { volumes } = await labStatus(lab.state);
  return Promise.all(
    lab.state.disks.map(async (disk) => {
      const target = volumes.find((volume) => volume.vm === disk.vm && volume.disk_id === disk.disk_id);
      if (target === undefined) throw new AppError('not-found', ['demo.no-volume', `${disk.disk_id} has no volume`]);
      const source = await sha256(disk.path);
      const copy = await sha256(target.path, source.bytes);
      return {
        disk_id: disk.disk_id,
        bytes: source.bytes,
        source_sha256: source.hex,
        target_sha256: copy.hex,
        source_path: disk.path,
        target_path: target.path,
      };
    }),
  );
}

async function sha256(path: string, lengthBytes?: number): Promise<{ hex: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const end = lengthBytes === undefined ? {} : { end: lengthBytes - 1 };
  for await (const chunk of createReadStream(path, { highWaterMark: MiB, ...end })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { hex: hash.digest('hex'), bytes };
}
