import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../src/lab/embedded/free-port.ts';
import { makeServerFolder } from './server-folder.ts';
import { until } from './until.ts';

/** A folder with a short name (socket paths are limited), in memory where there is room; removed with all that is in it. */
export class TestFolder implements Disposable {
  readonly path = makeServerFolder('mk-');

  file(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A real NBD server on a unix socket, ready when it has been started. */
export class NbdServer implements AsyncDisposable {
  /** Path of its unix socket, or its TCP port on 127.0.0.1. */
  readonly socket: string | number;
  readonly #command: readonly string[];
  #child: ChildProcess | undefined;
  #stderr = '';

  private constructor(command: readonly string[], socket: string | number) {
    this.#command = command;
    this.socket = socket;
  }

  static async start(command: readonly string[], socket: string | number): Promise<NbdServer> {
    const server = new NbdServer(command, socket);
    await server.restart();
    return server;
  }

  uri(exportName = ''): string {
    if (typeof this.socket === 'number') return `nbd://127.0.0.1:${this.socket}/${encodeURIComponent(exportName)}`;
    return `nbd+unix:///${encodeURIComponent(exportName)}?socket=${this.socket}`;
  }

  /** Starts the same command again after `kill`. */
  async restart(): Promise<void> {
    if (typeof this.socket === 'string') rmSync(this.socket, { force: true });
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...this.#command], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.#child = child;
    await until(
      () => {
        if (child.exitCode !== null) throw new Error(`${this.#command.join(' ')} ended: ${this.#stderr}`);
        return accepts(this.socket);
      },
      { withinMs: 30_000, what: `socket of ${this.#command.join(' ')}` },
    );
  }

  /** As if the machine had been switched off. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Whether it has ended, of its own accord or not. */
  get hasEnded(): boolean {
    const child = this.#child;
    return child === undefined || child.exitCode !== null || child.signalCode !== null;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || this.hasEnded) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal('SIGCONT');
    await this.#end('SIGKILL');
  }
}

/** Whether somebody listens there. */
export function accepts(socket: string | number): Promise<boolean> {
  return new Promise((resolve) => {
    const where = typeof socket === 'string' ? { path: socket } : { port: socket, host: '127.0.0.1' };
    const probe = connect(where, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
}

let count = 0;
const nextSocket = (folder: TestFolder): string => folder.file(`s${(count += 1)}`);

export function startNbdkit(folder: TestFolder, ...args: string[]): Promise<NbdServer> {
  const socket = nextSocket(folder);
  return NbdServer.start(['nbdkit', '--foreground', '--unix', socket, ...args], socket);
}

/** The same on a TCP port that was free a moment ago. */
export async function startNbdkitOnTcp(...args: string[]): Promise<NbdServer> {
  const port = await freePort();
  return NbdServer.start(['nbdkit', '--foreground', '--ipaddr', '127.0.0.1', '--port', String(port), ...args], port);
}

/** Persistent, so that the probe for readiness does not end it. One client at a time unless args say otherwise. */
export function startQemuNbd(folder: TestFolder, ...args: string[]): Promise<NbdServer> {
  const socket = nextSocket(folder);
  return NbdServer.start(['qemu-nbd', '--persistent', '--socket', socket, ...args], socket);
}

/** One writable raw image as export "disk", for any number of clients. */
export function startStorageDaemon(folder: TestFolder, image: string): Promise<NbdServer> {
  const socket = nextSocket(folder);
  return NbdServer.start(
    [
      'qemu-storage-daemon',
      ...['--blockdev', `driver=file,node-name=file,filename=${image},discard=unmap`],
      ...['--blockdev', 'driver=raw,node-name=raw,file=file'],
      ...['--nbd-server', `addr.type=unix,addr.path=${socket},max-connections=0`],
      ...['--export', 'type=nbd,id=disk,node-name=raw,name=disk,writable=on'],
    ],
    socket,
  );
}

/** Content of an export as a foreign client sees it. */
export async function sha256OfExport(uri: string): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-c', 'nbdcopy "$1" - | sha256sum', 'sh', uri]);
  return stdout.slice(0, 64);
}

/** Compares two exports as a foreign client sees them, holes quickly. Sizes are multiples of 512. */
export async function areEqual(one: string, other: string): Promise<boolean> {
  const args = ['compare', '--force-share', '-f', 'raw', '-F', 'raw', one, other];
  const ended = await new Promise<number | null>((resolve) => spawn('qemu-img', args).on('close', resolve));
  if (ended !== 0 && ended !== 1) throw new Error(`qemu-img ${args.join(' ')} ended with ${ended}`);
  return ended === 0;
}

export async function sha256OfFile(path: string, lengthBytes?: number): Promise<string> {
  const hash = createHash('sha256');
  await using file = await open(path);
  const end = lengthBytes === undefined ? undefined : lengthBytes - 1;
  if (end === undefined || end >= 0) {
    for await (const part of file.createReadStream({ autoClose: false, ...(end === undefined ? {} : { end }) })) {
      hash.update(part as Buffer);
    }
  }
  return hash.digest('hex');
}

/** Bytes that repeat nowhere, and are the same in every run. */
export function noise(lengthBytes: number, seed = 1): Buffer {
  const buffer = Buffer.alloc(lengthBytes);
  let state = seed >>> 0 || 1;
  const words = new Uint32Array(buffer.buffer, buffer.byteOffset, lengthBytes >>> 2);
  for (let at = 0; at < words.length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state >>> 0;
  }
  buffer.fill(seed & 0xff || 1, words.length * 4);
  return buffer;
}

/** Writes a sparse image: noise in the ranges, holes elsewhere. */
export async function writeImage(
  path: string,
  lengthBytes: number,
  ranges: readonly { offset: number; length: number }[],
): Promise<void> {
  await using file = await open(path, 'w');
  await file.truncate(lengthBytes);
  for (const { offset, length } of ranges) await file.write(noise(length, offset + 1), 0, length, offset);
}

/** Fills all of an image with a byte, so that what a copy forgets to write shows. */
export async function writeUsed(path: string, lengthBytes: number, byte = 0xa5): Promise<void> {
  await using file = await open(path, 'w');
  await file.truncate(lengthBytes);
  const block = Buffer.alloc(Math.min(lengthBytes, 1 << 20), byte);
  for (let at = 0; at < lengthBytes; at += block.length)
    await file.write(block, 0, Math.min(block.length, lengthBytes - at), at);
}

/** Of a copy: both paths. */
export interface SourceAndTarget {
  readonly image: string;
  readonly used: string;
}

/**
 * Files `source` and `target` in a folder: noise in `data` and holes elsewhere, by default noise everywhere; and a disk
 * of the same size that is in use to its last byte, so that every byte shows that a copy forgot, or should have left.
 */
export async function sourceAndUsedTarget(
  folder: TestFolder,
  lengthBytes: number,
  data: readonly { offset: number; length: number }[] = [{ offset: 0, length: lengthBytes }],
): Promise<SourceAndTarget> {
  const [image, used] = [folder.file('source'), folder.file('target')];
  await writeImage(image, lengthBytes, data);
  await writeUsed(used, lengthBytes);
  return { image, used };
}
