import { rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { invalidRequest, notFound } from '../base/errors.ts';
import { stopRequested } from '../base/service.ts';
import { MINUTE, SECOND } from '../base/units.ts';
import { readEnv } from '../config/env.ts';
import { timingOf } from './environment.ts';
import { superviseInBackground } from './background.ts';
import { ownerOf } from './owner.ts';
import { stopProcess } from './process-id.ts';
import { publicState, readState, runningState, type LabState } from './state.ts';
import { labStatus } from './status.ts';
import { startLab } from './supervisor.ts';
import type { DiskBytes } from './vcenter/disks/live-disk.ts';
import { randomWrites, writeDisk } from './write.ts';

/** `./migratekit lab up|down|status|write`. Answers go to stdout, everything else to stderr. */

const USAGE = `usage: migratekit lab up     [--json] [--dir DIR] [--workers N] [--vms N] [--rate BYTES_PER_S] [--guests]
       migratekit lab status [--json] [--dir DIR]
       migratekit lab write VM DISK_ID [--dir DIR] (--offset N --hex BYTES | --random N --seed S [--offset N])
       migratekit lab down   [--dir DIR]`;

const HELP = `${USAGE}

The whole product on this machine, in one folder, each part a process of its own.

up       starts it, and ends when it is ready; it goes on in the background
status   where its parts listen, with volumes and jobs
write    changes bytes of a VM's disk, as its guest would
down     stops what it started, and nothing else

  --dir DIR            the folder (.lab/default); commands find its API with --lab DIR
  --workers N, --vms N how many of each (2, 1)
  --rate BYTES_PER_S   slow every job down, so that there is time to look
  --guests             VMs boot from the bytes of their volumes, and three more VMs have a system to boot
  --offset, --hex      write these bytes there
  --random N --seed S  write N bytes that follow from S, in places that follow from it, or at --offset
  --json               one line of JSON, with URLs, tokens and keys
  --help               this text`;

const options = {
  help: { type: 'boolean', short: 'h', default: false },
  json: { type: 'boolean', default: false },
  dir: { type: 'string' },
  workers: { type: 'string', default: '2' },
  vms: { type: 'string', default: '1' },
  rate: { type: 'string', default: '0' },
  guests: { type: 'boolean', default: false },
  offset: { type: 'string' },
  hex: { type: 'string' },
  random: { type: 'string' },
  seed: { type: 'string', default: '1' },
} as const;

type Values = ReturnType<typeof parse>['values'];
const parse = (args: readonly string[]) => parseArgs({ args: [...args], options, allowPositionals: true });

export interface LabCommand {
  readonly home: string;
  /** Everything after `lab`. */
  readonly args: readonly string[];
  readonly print: (line: string) => void;
}

/** Runs one lab command. @throws invalid-request `cli.usage` for wrong arguments (exit 2), and what the command says (exit 1) */
export async function labCommand(command: LabCommand): Promise<void> {
  const { positionals, values } = usage(() => parse(command.args));
  if (values.help) return command.print(HELP);
  const dir = resolve(values.dir ?? join(command.home, '.lab/default'));
  switch (positionals[0]) {
    case 'up':
      return printState(await up(command, dir, values), values, command.print);
    case 'supervise':
      return supervise(command, dir, values);
    case 'status':
      return command.print(JSON.stringify(await labStatus(runningState(dir)), null, values.json ? 0 : 2));
    case 'write':
      return command.print(await write(runningState(dir), positionals.slice(1), values));
    case 'down':
      return down(dir);
    default:
      throw invalidRequest('cli.usage', USAGE);
  }
}

function usage<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw invalidRequest('cli.usage', `${cause instanceof Error ? cause.message : String(cause)}\n${USAGE}`, { cause });
  }
}

/** A whole number of at least `least`. */
function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
    throw invalidRequest('cli.usage', `--${name} takes a whole number of at least ${least}\n${USAGE}`);
  }
  return value;
}

function printState(state: LabState, values: Values, print: (line: string) => void): void {
  if (values.json) {
    print(JSON.stringify(publicState(state)));
    return;
  }
  print(`The lab runs in ${state.dir}\n  API    ${state.api.url}`);
  if (state.board !== null) print(`  queues ${state.board} (admin, password in ${state.dir}/state/admin-password)`);
  print(`  stop   ./migratekit lab down --dir ${state.dir}`);
}

function up(command: LabCommand, dir: string, values: Values): Promise<LabState> {
  const numbers = {
    workers: whole('workers', values.workers, 0),
    vms: whole('vms', values.vms, 1),
    rate: whole('rate', values.rate, 0),
  };
  const flags = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]);
  if (values.guests) flags.push('--guests');
  return superviseInBackground({ home: command.home, dir, flags });
}

/** The supervisor itself: runs until it is told to stop. @throws upstream `lab.part-given-up` */
async function supervise(command: LabCommand, dir: string, values: Values): Promise<void> {
  const asked = stopRequested();
  const starting = startLab({
    dir,
    home: command.home,
    workers: whole('workers', values.workers, 0),
    vms: whole('vms', values.vms, 1),
    guests: values.guests,
    rateBytesPerS: whole('rate', values.rate, 0),
    timing: timingOf(readEnv()),
  });
  const kept = setInterval(() => undefined, MINUTE);
  try {
    const lab = await starting;
    const failure = await Promise.race([asked, lab.failed]);
    await lab.stop();
    if (failure !== undefined) throw failure;
  } finally {
    clearInterval(kept);
  }
}

async function down(dir: string): Promise<void> {
  const owner = ownerOf(dir);
  if (owner !== undefined) await stopProcess(owner, 90 * SECOND);
  const state = readState(dir);
  if (state === undefined) return;
  await stopProcess(state.supervisor, 90 * SECOND);
  // What a killed supervisor could leave behind; each pid is checked against the start time that was recorded.
  for (const id of [...state.processes].reverse()) await stopProcess(id);
  await rm(state.run_dir, { recursive: true, force: true });
}

async function write(state: LabState, [vm, diskId]: readonly string[], values: Values): Promise<string> {
  const disk = state.disks.find((known) => known.vm === vm && known.disk_id === diskId);
  if (disk === undefined) {
    const known = state.disks.map((each) => `${each.vm} ${each.disk_id}`).join(', ');
    throw notFound('lab.disk-unknown', `there is no disk ${diskId ?? ''} of VM ${vm ?? ''}`, {
      hint: `the lab has: ${known}`,
    });
  }
  const { size } = await stat(disk.path);
  const bytes = await writeDisk(disk.path, writesOf(values, size));
  return JSON.stringify({ vm, disk_id: diskId, path: disk.path, bytes_written: bytes });
}

function writesOf(values: Values, capacityBytes: number): DiskBytes[] {
  const offset = values.offset === undefined ? undefined : whole('offset', values.offset, 0);
  if (values.hex !== undefined && offset !== undefined && values.random === undefined) {
    if (!/^([0-9a-f]{2})+$/i.test(values.hex))
      throw invalidRequest('cli.usage', `--hex takes pairs of hex digits\n${USAGE}`);
    return [{ offset, bytes: Buffer.from(values.hex, 'hex') }];
  }
  if (values.random !== undefined && values.hex === undefined) {
    const bytes = whole('random', values.random, 1);
    return randomWrites({ bytes, seed: values.seed, capacityBytes, ...(offset === undefined ? {} : { offset }) });
  }
  throw invalidRequest('cli.usage', USAGE);
}
