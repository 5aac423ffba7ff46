import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.ts';

/** `./migratekit` as its users call it: a process of its own, with a home of its own. */

const launcher = join(process.cwd(), 'migratekit');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Call {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** A command that runs. */
export interface RunningCommand {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Waits until stdout or stderr holds this. */
  says(pattern: RegExp): Promise<void>;
  interrupt(): void;
  /** Stops reading its output, as `head` does. */
  closeOutput(): void;
  readonly ended: Promise<Ended>;
}

/** An operator's shell with an empty home. */
export class OperatorShell implements Disposable {
  readonly home = mkdtempSync(join(tmpdir(), 'mk-home-'));
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: Readonly<Record<string, string>> = {}) {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('MIGRATEKIT_'));
    this.#env = { ...Object.fromEntries(inherited), HOME: this.home, XDG_CONFIG_HOME: '', TZ: 'UTC', ...env };
  }

  async run(args: readonly string[], call: Call = {}): Promise<Ended> {
    return this.start(args, call).ended;
  }

  /** Runs a command that prints one JSON object. */
  async json(args: readonly string[], call: Call = {}): Promise<Record<string, unknown> & { exit: number | null }> {
    const { code, stdout, stderr } = await this.run([...args, '--json'], call);
    const lines = stdout.split('\n');
    if (lines.length !== 2 || lines[1] !== '') throw new Error(`not one line of JSON: ${stdout}\n${stderr}`);
    return { ...(JSON.parse(lines[0] ?? '') as Record<string, unknown>), exit: code };
  }

  start(args: readonly string[], { env = {}, input = '' }: Call = {}): RunningCommand {
    const { child, ...running } = this.#spawn([launcher, ...args], env);
    child.stdin.end(input);
    return running;
  }

  /** The same at a terminal of its own, whose whole screen is stdout. */
  startAtTerminal(args: readonly string[]): RunningCommand & { type(keys: string): void } {
    const line = [launcher, ...args].map((word) => `'${word}'`).join(' ');
    const { child, ...running } = this.#spawn(['script', '-qec', line, '/dev/null'], { TERM: 'xterm' });
    return { ...running, type: (keys) => void child.stdin.write(keys) };
  }

  #spawn(words: readonly string[], env: Readonly<Record<string, string>>) {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...words], {
      env: { ...this.#env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    // Who does not read its input closes it early.
    child.stdin.on('error', () => undefined);
    const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
    return {
      child,
      stdout: () => stdout,
      stderr: () => stderr,
      async says(pattern: RegExp) {
        await until(() => pattern.test(stdout + stderr), {
          withinMs: 60_000,
          what: `${pattern} in ${stdout}${stderr}`,
        });
      },
      interrupt: () => void child.kill('SIGINT'),
      closeOutput: () => child.stdout.destroy(),
      ended,
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}
