import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMs } from '../frame/cpu-time.ts';

const READY_WITHIN_MS = 20_000;
const POLL_MS = 10;

/** An nbdkit of the benchmark on a unix socket; dies with it. */
export interface NbdServer extends AsyncDisposable {
  readonly uri: string;
  /** Processor time that it has used so far. */
  cpuMs(): number;
  /** Lets it end in order, so that its filters write what they counted. */
  stop(): Promise<void>;
}

/** @param args filters, plugin and its parameters. Resolves when a connection succeeds. */
export async function startNbdkit(socket: string, args: readonly string[]): Promise<NbdServer> {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'nbdkit', '--foreground', '--unix', socket, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2_000)));
  const stop = (): Promise<void> => end(child);
  try {
    await untilReady(child, socket);
  } catch (error) {
    await stop();
    throw new Error(`nbdkit ${args.join(' ')}: ${said}`, { cause: error });
  }
  return {
    uri: `nbd+unix:///?socket=${socket}`,
    cpuMs: () => cpuMs(child.pid ?? 0),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function untilReady(child: ChildProcess, socket: string): Promise<void> {
  const giveUpAtMs = performance.now() + READY_WITHIN_MS;
  while (!(await accepts(socket))) {
    if (child.exitCode !== null) throw new Error(`nbdkit ended with ${child.exitCode}`);
    if (performance.now() > giveUpAtMs) throw new Error('nbdkit does not listen');
    await sleep(POLL_MS);
  }
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path }, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
