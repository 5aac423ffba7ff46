import { readFileSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { precondition } from '../base/errors.ts';
import { labLog } from '../base/logger.ts';
import { isAlive } from './process-id.ts';

/** What a lab knows about itself: `lab.json` in its folder, mode 0600 because it holds the keys of everything in it. */

const processId = z.object({ name: z.string(), pid: z.int(), startTicks: z.int() });

export const LabState = z.object({
  dir: z.string(),
  /** Sockets live here, because a socket path has 107 bytes; removed when the lab goes down. */
  run_dir: z.string(),
  ready: z.boolean(),
  supervisor: processId,
  processes: z.array(processId),
  api: z.object({ url: z.string(), token: z.string() }),
  board: z.string().nullable(),
  console: z.string().nullable(),
  vcenter: z.object({ url: z.string(), username: z.string(), password: z.string(), thumbprint: z.string() }),
  cloudstack: z.object({ endpoint: z.string(), api_key: z.string(), secret_key: z.string() }),
  vma: z.object({ url: z.string(), token: z.string() }),
  volume_daemon: z.object({ url: z.string(), token: z.string() }),
  database: z.object({ host: z.string(), port: z.int(), user: z.string(), password: z.string(), name: z.string() }),
  redis: z.object({ url: z.string() }),
  workers: z.array(z.object({ pid: z.int() })),
  disks: z.array(z.object({ vm: z.string(), disk_id: z.string(), path: z.string() })),
});
export type LabState = z.output<typeof LabState>;

const fileOf = (dir: string): string => join(dir, 'lab.json');

/** Atomic: a reader sees the old state or the new one. */
async function writeState(state: LabState): Promise<void> {
  await mkdir(state.dir, { recursive: true });
  const partial = `${fileOf(state.dir)}.part`;
  const handle = await open(partial, 'w', 0o600);
  try {
    await handle.writeFile(JSON.stringify(state));
  } finally {
    await handle.close();
  }
  await rename(partial, fileOf(state.dir));
}

export interface KeptState {
  begin(state: LabState): Promise<void>;
  /** Written in the background, one change after another; before begin() and after end() it does nothing. */
  change(part: Partial<LabState>): void;
  /** The lab is not ready any more. */
  end(): Promise<void>;
}

/** The state of a lab that runs and changes. */
export function keepState(): KeptState {
  let state: LabState | undefined;
  let written: Promise<void> = Promise.resolve();
  const write = (next: LabState): Promise<void> => {
    state = next;
    // One that failed is mended by the next one, and by end().
    written = written.catch(() => undefined).then(() => writeState(next));
    return written;
  };
  return {
    begin: write,
    change(part) {
      if (state?.ready !== true) return;
      write({ ...state, ...part }).catch((error: unknown) =>
        labLog.error({ err: error }, 'state of the lab not written'),
      );
    },
    async end() {
      if (state !== undefined) await write({ ...state, ready: false });
    },
  };
}

/** The state of the lab in `dir`, or undefined when there never was one. */
export function readState(dir: string): LabState | undefined {
  let text: string;
  try {
    text = readFileSync(fileOf(dir), 'utf8');
  } catch {
    return undefined;
  }
  const parsed = LabState.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}

/** The state of a lab that runs. @throws precondition `lab.not-running` */
export function runningState(dir: string): LabState {
  const state = readState(dir);
  if (state !== undefined && state.ready && isAlive(state.supervisor)) return state;
  const why = state?.ready === true ? `${join(dir, 'logs/supervisor.log')} tells how it ended; ` : '';
  throw precondition('lab.not-running', `no lab runs in ${dir}`, {
    hint: `${why}start it: ./migratekit lab up --json --dir ${dir}`,
  });
}

/** What `lab up --json` prints: the state without what is nobody's business. */
export function publicState(state: LabState): object {
  const { ready: _ready, supervisor: _supervisor, processes: _processes, run_dir: _runDir, ...shown } = state;
  return shown;
}
