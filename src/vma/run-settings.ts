import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toAppError } from '../base/errors.ts';
import { setLogLevel, vmaLog } from '../base/logger.ts';
import type { SpaceLevels } from '../domain/snapshot-space.ts';
import { errnoOf, writeFileDurably } from './durable-files.ts';
import { type ChangeSettings, Settings } from './settings-contract.ts';

/** As the VMA was started. */
export interface StartedWith {
  /** Undefined: whatever the process has is left alone. */
  readonly logLevel: string | undefined;
  readonly spaceLevels: SpaceLevels;
}

/** What PUT /config changes while the VMA runs, and finds again after a restart. */
export class RunSettings {
  readonly #path: string;
  readonly #started: StartedWith;
  #current: Settings;
  #writes: Promise<unknown> = Promise.resolve();

  private constructor(path: string, started: StartedWith, current: Settings) {
    this.#path = path;
    this.#started = started;
    this.#current = current;
  }

  /** A file that cannot be read is left where it is, and counts for nothing. */
  static async load(stateDir: string, started: StartedWith): Promise<RunSettings> {
    const path = join(stateDir, 'settings.json');
    const settings = new RunSettings(path, started, await read(path));
    settings.#apply();
    return settings;
  }

  get current(): Settings {
    return this.#current;
  }

  get spaceLevels(): SpaceLevels {
    const { snapshot_space: space } = this.#current;
    if (space === null) return this.#started.spaceLevels;
    const { warn_percent: warnPercent, stop_percent: stopPercent, remove_percent: removePercent } = space;
    return { warnPercent, stopPercent, removePercent };
  }

  /** On disk before it counts. */
  change(change: ChangeSettings): Promise<Settings> {
    const write = async (): Promise<Settings> => {
      const next = { ...this.#current, ...withoutUndefined(change) };
      await writeFileDurably(this.#path, `${JSON.stringify(next, null, 2)}\n`);
      this.#current = next;
      this.#apply();
      vmaLog.info({ settings: next }, 'settings changed');
      return next;
    };
    const written = this.#writes.then(write);
    this.#writes = written.catch(() => undefined);
    return written;
  }

  #apply(): void {
    const level = this.#current.log_level ?? this.#started.logLevel;
    if (level !== undefined) setLogLevel(level);
  }
}

const NOTHING: Settings = Settings.parse({});

async function read(path: string): Promise<Settings> {
  try {
    return Settings.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ENOENT') vmaLog.error({ err: toAppError(thrown), path }, 'settings unreadable, ignored');
    return NOTHING;
  }
}

/** What is left out stays. */
function withoutUndefined({ log_level, snapshot_space }: ChangeSettings): Partial<Settings> {
  return {
    ...(log_level === undefined ? {} : { log_level }),
    ...(snapshot_space === undefined ? {} : { snapshot_space }),
  };
}
