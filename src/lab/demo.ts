import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cancelled, describeError, invalidRequest, toAppError, type AppError } from '../base/errors.ts';
import { formatDuration, SECOND } from '../base/units.ts';
import { readEnv } from '../config/env.ts';
import type { Peer } from '../http/json-client.ts';
import { isEqual } from './demo/disks.ts';
import { newStory, type Story } from './demo/phase.ts';
import { vmNamed } from './demo/stage.ts';
import { tellStory } from './demo/story.ts';
import { timingOf } from './environment.ts';
import { alreadyRunning, ownerOf } from './owner.ts';
import { startLab, type Lab } from './supervisor.ts';

/**
 * `npm run demo`: the life of a protected VM on real bytes. It is replicated in full, then by its changes; it is tested
 * in the cloud, failed over for good, and taken back; and after each of these every byte of both ends is compared.
 */

const USAGE = 'usage: migratekit demo [--once] [--json] [--dir DIR]';

const HELP = `${USAGE}

Replicates a VM of a simulated vCenter into a simulated CloudStack, in full and then by its changes, tests it there, fails
it over for good and takes it back, and compares every byte after each of these. Everything between them is real.

  --once     end after that, instead of keeping the lab up to look around
  --dir DIR  the folder of the lab (.lab/demo)
  --json     the report as one line of JSON on stdout
  --help     this text`;

const VM = 'lab-vm-1';

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

/**
 * Runs the demo, and takes its lab down however it ends.
 * @returns whether every hash was equal, and all else as it must be
 * @throws invalid-request `cli.usage`; conflict `lab.already-running`; cancelled `demo.interrupted`: somebody asked to
 * stop before the end
 */
export async function demo(options: DemoOptions): Promise<boolean> {
  const values = parseOptions(options.args);
  if (values.help) {
    options.print(HELP);
    return true;
  }
  const dir = resolve(values.dir ?? join(options.home, '.lab/demo'));
  const interrupted = new AbortController();
  const stopped = options.stopped.then(() => {
    options.tell('\nStopping: the lab is taken down\n');
    interrupted.abort(stoppedEarly());
  });
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
    signal: interrupted.signal,
  });
  const broken = stopped.then(() => {
    throw stoppedEarly();
  });
  const failed = lab.failed.then((error) => {
    throw error;
  });
  try {
    const setupSeconds = (Date.now() - Math.min(setupStarted, options.startedAt)) / 1000;
    const report = await Promise.race([run(lab, options, setupSeconds), failed, broken]);
    if (values.json) options.print(JSON.stringify(report));
    if (!values.once) {
      options.tell(invitation(lab));
      await Promise.race([stopped, failed]);
    }
    return report.ok;
  } finally {
    await lab.stop();
  }
}

const stoppedEarly = (): AppError => cancelled('demo.interrupted', 'stopped before the end');

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
        help: { type: 'boolean', short: 'h', default: false },
        once: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        dir: { type: 'string' },
      },
    }).values;
  } catch (cause) {
    throw invalidRequest('cli.usage', `${cause instanceof Error ? cause.message : String(cause)}\n${USAGE}`, { cause });
  }
}

/** Also of a story that breaks off: what was before is told, and why it broke off. */
async function run(lab: Lab, options: DemoOptions, setupSeconds: number) {
  const started = Date.now();
  const api: Peer = { name: 'api', url: lab.state.api.url, token: lab.state.api.token };
  const story = newStory();
  let error: { code: string; message: string } | undefined;
  try {
    await tellStory({ lab, api, vm: await vmNamed(api, VM), tell: options.tell }, story);
  } catch (thrown) {
    const { code } = toAppError(thrown);
    error = { code, message: describeError(thrown) };
  }
  const ok = error === undefined && isEqual(story.disks) && story.phases.every(({ wrong }) => wrong.length === 0);
  const runSeconds = (Date.now() - started) / 1000;
  options.tell(closing(story, { error, ok, runSeconds }));
  return {
    ok,
    vm: VM,
    ...story,
    ...(error === undefined ? {} : { error }),
    setup_seconds: setupSeconds,
    run_seconds: runSeconds,
  };
}

function closing(
  { disks, phases }: Story,
  { error, ok, runSeconds }: { error: { message: string } | undefined; ok: boolean; runSeconds: number },
): string {
  const hashes = disks.flatMap(({ disk_id: id, source_sha256: source, target_sha256: target }) => [
    `  ${id}  source ${source}`,
    `  ${' '.repeat(id.length)}  target ${target}`,
  ]);
  const good = phases.filter(({ wrong }) => wrong.length === 0).length;
  const verdict = ok
    ? `All ${good} phases went as they must, and every byte was equal after each of them.`
    : `NOT AS IT MUST BE: ${good} of ${phases.length} phases went well.`;
  return [
    '',
    `At the end, after ${formatDuration(runSeconds * SECOND)}`,
    ...hashes,
    ...(error === undefined ? [] : [`Broken off: ${error.message}`]),
    verdict,
    '',
  ].join('\n');
}

/** What a person can do with the lab while it is up. */
function invitation({ state }: Lab): string {
  const { dir } = state;
  return [
    '',
    'The lab stays up, with the VM replicated as it is now. Ctrl-C takes it down.',
    `  pages    ${new URL('/', state.api.url).href}   user admin, password in ${join(dir, 'state/admin-password')}`,
    `  API      ${state.api.url}`,
    `  shell    export MIGRATEKIT_LAB_DIR=${dir}`,
    `           ./migratekit failovers ${VM}`,
    `           ./migratekit failover ${VM} --test --duration 30m --follow`,
    `           ./migratekit rollback ${VM} --follow`,
    '',
  ].join('\n');
}
