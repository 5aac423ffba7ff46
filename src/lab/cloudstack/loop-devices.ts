import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { plainFiles, type Carrier } from './devices.ts';
import { readIfThere } from './durable-file.ts';

/**
 * Volumes as block devices: each attached one is a loop device over its file, through the page cache of the file, so that
 * whoever reads the file afterwards reads what was written. A loop device is known by its file, and by nothing that a
 * process remembers: those of a process that was killed are found again.
 */

/** `auto` takes loop devices where they work: as root, on a kernel and in a container that has them. */
export type DeviceMode = 'file' | 'loop' | 'auto';

const SYS_BLOCK = '/sys/block';

class LoopDevices implements Carrier {
  /** Nobody would free them: the next server may never start. */
  readonly outlivesServer = false;
  readonly #folder: string;

  constructor(volumeDir: string) {
    mkdirSync(volumeDir, { recursive: true });
    this.#folder = realpathSync(volumeDir);
  }

  open(file: string): string {
    const [there] = this.#of(file);
    return there ?? losetup('--find', '--show', '--direct-io=off', this.#real(file)).trim();
  }

  flush(file: string): void {
    for (const device of this.#of(file)) flushDevice(device);
  }

  resized(file: string): void {
    for (const device of this.#of(file)) losetup('--set-capacity', device);
  }

  close(file: string): void {
    for (const device of this.#of(file)) free(device);
  }

  keepOnly(files: ReadonlySet<string>): void {
    const kept = new Set([...files].map((file) => this.#real(file)));
    for (const { device, file } of loops()) {
      if (file.startsWith(`${this.#folder}/`) && !kept.has(file)) free(device);
    }
  }

  #of(file: string): string[] {
    const real = this.#real(file);
    return loops().flatMap((loop) => (loop.file === real || loop.file === `${real} (deleted)` ? [loop.device] : []));
  }

  #real(file: string): string {
    return join(this.#folder, basename(file));
  }
}

/** @throws Error when loop devices are asked for and do not work here. */
export function chooseCarrier(mode: DeviceMode, volumeDir: string): Carrier {
  const loopDevices = new LoopDevices(volumeDir);
  if (mode === 'file' || !loopDevicesWork(volumeDir)) {
    if (mode === 'loop') throw new Error('loop devices do not work here: they need root, and a kernel that has them');
    // What a killed server of another mode has left.
    loopDevices.keepOnly(new Set());
    return plainFiles;
  }
  return loopDevices;
}

/** Tries one, as root. */
export function loopDevicesWork(dir: string): boolean {
  if (process.getuid?.() !== 0) return false;
  mkdirSync(dir, { recursive: true });
  const probe = join(realpathSync(dir), `.probe-${process.pid}`);
  try {
    writeFileSync(probe, '');
    truncateSync(probe, 1024 * 1024);
    const device = losetup('--find', '--show', probe).trim();
    free(device);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { force: true });
  }
}

/** Those that have a file, as the kernel tells: no process is needed to ask, nor a right. */
function loops(): { device: string; file: string }[] {
  if (!existsSync(SYS_BLOCK)) return [];
  return readdirSync(SYS_BLOCK)
    .filter((name) => /^loop\d+$/.test(name))
    .flatMap((name) => {
      const file = readIfThere(join(SYS_BLOCK, name, 'loop/backing_file'))?.trimEnd();
      return file === undefined || file === '' ? [] : [{ device: `/dev/${name}`, file }];
    });
}

/** One that somebody has open stays until they close it, and is then gone by itself. */
function free(device: string): void {
  flushDevice(device);
  losetup('--detach', device);
}

function flushDevice(device: string): void {
  const opened = openSync(device, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/** Debian keeps it outside the PATH of an ordinary user. */
const losetup = (...args: readonly string[]): string =>
  execFileSync('losetup', args, {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
