import { spawn, type ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, upstream } from '../base/errors.ts';
import { sleep } from '../base/clock.ts';
import { SECOND } from '../base/units.ts';
import type { NbdDevice } from './device.ts';
import { openNbdDevice } from './device.ts';
import type { NbdDeviceOptions } from './device-options.ts';
import { makePrivateFolder, removeLeftFolders } from './private-folder.ts';

/** What the private server shows: a regular file or block device, or nothing of a given size. */
export type Local =
  { readonly kind: 'file'; readonly path: string } | { readonly kind: 'null'; readonly sizeBytes: number };

const READY_MS = 15 * SECOND;
const POLL_MS = 20;
const TERM_MS = 2 * SECOND;
const STDERR_CHARS = 2_000;

/** A device and the server behind it, which nobody else can reach. */
export interface LocalDevice {
  readonly device: NbdDevice;
  /** Closes the device, ends the server and removes its socket. Never throws. */
  close(): Promise<void>;
}

/**
 * Serves `local` to this process alone, by nbdkit on a socket in a private folder, and opens it. The server dies with
 * this process, however that ends. Errors: nbd.local-server (nbdkit is missing, or could not open the file).
 */
export async function openLocalDevice(local: Local, options: NbdDeviceOptions): Promise<LocalDevice> {
  const folder = await makePrivateFolder();
  const tidying = removeLeftFolders();
  const socket = join(folder, 'nbd.sock');
  const server = new PrivateServer(nbdkitArguments(local, { socket, readOnly: options.readOnly === true }));
  const name = options.name ?? (local.kind === 'file' ? local.path : 'null:');
  const close = async (): Promise<void> => {
    await Promise.all([server.stop(), tidying]);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const device = await openWhenReady(
      `nbd+unix:///?socket=${encodeURIComponent(socket)}`,
      { ...options, name },
      server,
    );
    return {
      device,
      close: async () => {
        await device.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function nbdkitArguments(local: Local, to: { socket: string; readOnly: boolean }): string[] {
  const plugin = local.kind === 'file' ? ['file', `file=${local.path}`] : ['null', `size=${local.sizeBytes}`];
  return ['--foreground', '--unix', to.socket, ...(to.readOnly ? ['--readonly'] : []), ...plugin];
}

/** Ready means that a handshake succeeds. A server that ended will never be. */
async function openWhenReady(uri: string, options: NbdDeviceOptions, server: PrivateServer): Promise<NbdDevice> {
  const giveUpAtMs = performance.now() + READY_MS;
  for (;;) {
    try {
      return await openNbdDevice(uri, options);
    } catch (error) {
      if (options.signal?.aborted === true) throw error;
      const isStarting = error instanceof AppError && error.code === 'nbd.connect-failed';
      const isHopeless = server.hasEnded || performance.now() > giveUpAtMs || !isStarting;
      if (isHopeless) throw await server.failure(options.name ?? uri, error);
      await sleep(POLL_MS, options.signal);
    }
  }
}

class PrivateServer {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #stderr = '';
  hasEnded = false;

  constructor(args: readonly string[]) {
    // setpriv replaces itself with nbdkit, and the kernel kills that when we are gone, even by SIGKILL.
    // A group of its own: Ctrl-C of a terminal is for us; the server ends after the last request.
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'nbdkit', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    const ended = Promise.withResolvers<void>();
    this.#ended = ended.promise;
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_CHARS);
    });
    const onEnd = (error?: Error): void => {
      if (error !== undefined) this.#stderr += error.message;
      this.hasEnded = true;
      ended.resolve();
    };
    this.#child.on('error', onEnd);
    this.#child.on('close', () => onEnd());
  }

  async failure(name: string, cause: unknown): Promise<AppError> {
    await Promise.race([this.#ended, sleep(POLL_MS)]);
    const said = this.#stderr.trim().split('\n').at(-1) ?? '';
    return upstream('nbd.local-server', `cannot serve ${name}: ${said === '' ? describe(cause) : said}`, {
      hint: 'nbdkit serves files and devices: is it installed, and may it open this one?',
      retry: 'never',
      cause,
      details: { name, said: this.#stderr.trim() },
    });
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), TERM_MS);
    await this.#ended;
    clearTimeout(timer);
  }
}

const describe = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
