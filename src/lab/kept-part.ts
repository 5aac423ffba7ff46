import { sleep, systemClock } from '../base/clock.ts';
import { type AppError, describeError, upstream } from '../base/errors.ts';
import { labLog } from '../base/logger.ts';
import { SECOND } from '../base/units.ts';
import { startServer, type Readiness, type ServerCommand, type ServerProcess } from './embedded/server-process.ts';
import { processId, type ProcessId } from './process-id.ts';

/**
 * One part of a lab that is started again when it dies, as systemd does it in production (`Restart=always`). A part that
 * dies again and again is given up: a lab that only looks alive would be worse than none.
 */

export interface RestartPolicy {
  /** Before the first restart; doubled with each death that follows. */
  readonly firstMs: number;
  readonly maxMs: number;
  /** A run of this length was a good one: deaths are counted anew. */
  readonly goodRunMs: number;
  /** Deaths without a good run in between, after which the part is given up. */
  readonly deathsMax: number;
}

/** Given up after more than a minute: somebody who holds its port for a while should not end the lab. */
const RESTART: RestartPolicy = { firstMs: 250, maxMs: 4 * SECOND, goodRunMs: 30 * SECOND, deathsMax: 20 };

export interface KeptPartOptions {
  readonly command: ServerCommand & { readonly name: string };
  readonly readiness: Readiness;
  readonly policy?: RestartPolicy;
  /** It serves again, as another process. */
  readonly onRestart: () => void;
  /** It is not tried any more. */
  readonly onGivenUp: (error: AppError) => void;
}

export interface KeptPart {
  /** The process that serves, or did so last. */
  readonly id: ProcessId;
  /** SIGTERM, SIGKILL after `graceMs`, and no restart; resolves when nothing of it runs. */
  stop(graceMs: number): Promise<void>;
}

/** Starts the part and keeps it running. @throws upstream `embedded.not-started` when the first start fails. */
export async function keepPart(options: KeptPartOptions): Promise<KeptPart> {
  const first = await startServer(options.command, options.readiness);
  const stopping = new AbortController();
  const state = { server: first, id: processId(options.command.name, first.pid) };
  const kept = keep(options, state, stopping.signal).catch((error: unknown) => {
    labLog.error({ err: error, part: options.command.name }, 'part of the lab is not watched any more');
  });
  return {
    get id() {
      return state.id;
    },
    async stop(graceMs) {
      stopping.abort(new Error('the lab stops'));
      await state.server.stop(graceMs);
      await kept;
    },
  };
}

interface State {
  server: ServerProcess;
  id: ProcessId;
}

async function keep(options: KeptPartOptions, state: State, stopping: AbortSignal): Promise<void> {
  const { command, policy = RESTART } = options;
  let deaths = 0;
  for (;;) {
    const startedMs = systemClock.monotonic();
    await state.server.ended;
    if (stopping.aborted) return;
    if (systemClock.monotonic() - startedMs >= policy.goodRunMs) deaths = 0;
    deaths += 1;
    labLog.error({ part: command.name, pid: state.server.pid, deaths }, 'part of the lab died');
    const next = await startAgain(options, deaths, stopping);
    if (next === undefined) return;
    deaths = next.deaths;
    state.server = next.server;
    state.id = processId(command.name, next.server.pid);
    labLog.info({ part: command.name, pid: next.server.pid }, 'part of the lab started again');
    options.onRestart();
  }
}

/** Tries until it serves; undefined when the lab stops, or when it died too often. */
async function startAgain(
  { command, readiness, policy = RESTART, onGivenUp }: KeptPartOptions,
  before: number,
  stopping: AbortSignal,
): Promise<{ readonly server: ServerProcess; readonly deaths: number } | undefined> {
  // An error of isReady ends the wait: a part that is starting does not hold up the end of the lab.
  const isReady = (): Promise<boolean> => (stopping.throwIfAborted(), readiness.isReady());
  let cause: unknown;
  for (let deaths = before; deaths < policy.deathsMax; deaths += 1) {
    await sleep(Math.min(policy.firstMs * 2 ** (deaths - 1), policy.maxMs), stopping).catch(() => undefined);
    if (stopping.aborted) return undefined;
    try {
      return { server: await startServer(command, { ...readiness, isReady }), deaths };
    } catch (error) {
      if (stopping.aborted) return undefined;
      cause = error;
      labLog.error({ part: command.name, deaths, reason: describeError(error) }, 'part of the lab does not start');
    }
  }
  onGivenUp(givenUp(command, policy, cause));
  return undefined;
}

const givenUp = (command: KeptPartOptions['command'], policy: RestartPolicy, cause: unknown): AppError =>
  upstream('lab.part-given-up', `${command.name} died ${policy.deathsMax} times in a row, so the lab ends`, {
    cause,
    hint: `its last words are in ${command.logFile}`,
  });
