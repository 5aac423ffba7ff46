import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { accepts, type TestFolder } from './nbd-servers.ts';
import { until } from './until.ts';

/** nbd-server: no structured replies, no block status, no block sizes. Always a daemon, with a process per client. */
export class OldNbdServer implements AsyncDisposable {
  readonly #socket: string;
  #pid: number | undefined;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** @param images files by export name */
  static async start(folder: TestFolder, images: Readonly<Record<string, string>>): Promise<OldNbdServer> {
    const server = new OldNbdServer(folder.file(`old${(count += 1)}`));
    const exports_ = Object.entries(images).map(
      ([name, image]) => `[${name}]\nexportname = ${image}\nflush = true\nfua = true\n`,
    );
    await writeFile(server.#file('conf'), `[generic]\nunixsock = ${server.#socket}\n${exports_.join('')}`);
    await server.restart();
    return server;
  }

  uri(exportName: string): string {
    return `nbd+unix:///${encodeURIComponent(exportName)}?socket=${this.#socket}`;
  }

  /** Starts it again after `kill`. */
  async restart(): Promise<void> {
    await rm(this.#socket, { force: true });
    await promisify(execFile)('nbd-server', ['-C', this.#file('conf'), '-p', this.#file('pid')]);
    await until(() => accepts(this.#socket), { withinMs: 30_000, what: 'socket of nbd-server' });
    this.#pid = Number(await readFile(this.#file('pid'), 'utf8'));
  }

  /** As if the machine had been switched off: with all its clients' processes, which are of its group. */
  async kill(): Promise<void> {
    const pid = this.#pid;
    if (pid === undefined) return;
    this.#pid = undefined;
    process.kill(-pid, 'SIGKILL');
    await until(() => !isRunning(pid), { withinMs: 30_000, what: 'end of nbd-server' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #file(ending: string): string {
    return `${this.#socket}.${ending}`;
  }
}

let count = 0;

/** A dead process whose foster parent has not buried it yet has no command line any more. */
function isRunning(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}
