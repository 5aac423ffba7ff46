import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from './until.ts';

/** A process of ours under its own entry point, and all that it has logged. */
export class SpawnedService implements AsyncDisposable {
  readonly name: string;
  #log = '';
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  constructor(name: string, env: Readonly<Record<string, string>>) {
    this.name = name;
    const main = join(process.cwd(), 'src/bin', `${name}.ts`);
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, main], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#exited = once(this.#child, 'exit');
    this.#child.stderr?.on('data', (data: Buffer) => (this.#log += data.toString()));
  }

  get log(): string {
    return this.#log;
  }

  /** Where it listens, as it says when it does. */
  async url(): Promise<string> {
    const found = await until(() => /"url":"([^"]+)"/.exec(this.#log)?.[1], {
      withinMs: 60_000,
      what: `${this.name} to listen`,
    });
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#exited;
  }
}
