import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Knex } from '../../src/db/knex.ts';

/** Looks for a word wherever a careless program could have left it. */
export interface SearchedPlaces {
  readonly db: Knex;
  readonly redisUrl: string;
  /** Searched with all that is below them. */
  readonly folders: readonly string[];
  /** Logs, answers and the like, by what they are. */
  readonly texts: Readonly<Record<string, string>>;
  readonly processes: SeenProcesses;
}

/** Where the word is: `table.column`, `redis`, `a file`, `argv`, `environment`, or the name of a text. */
export async function placesOf(word: string, where: SearchedPlaces): Promise<string[]> {
  const found = Object.entries(where.texts).flatMap(([place, text]) => (text.includes(word) ? [place] : []));
  found.push(...(await columnsWith(where.db, word)));
  if (await isInRedis(where.redisUrl, word)) found.push('redis');
  for (const folder of where.folders) if (await isBelow(folder, word)) found.push('a file');
  found.push(...where.processes.placesOf(word));
  return found.toSorted();
}

async function columnsWith(db: Knex, word: string): Promise<string[]> {
  const [tables] = (await db.raw("show full tables where table_type = 'BASE TABLE'")) as [object[]];
  const found: string[] = [];
  for (const table of tables.map((row) => String(Object.values(row)[0]))) {
    const rows = (await db(table).select()) as Record<string, unknown>[];
    const cells = rows.flatMap((row) => Object.entries(row));
    const holding = cells.filter(([, value]) => (JSON.stringify(value) ?? '').includes(word));
    found.push(...new Set(holding.map(([column]) => `${table}.${column}`)));
  }
  return found;
}

/** Looks at every key, whoever it is of. */
async function isInRedis(url: string, word: string): Promise<boolean> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1 });
  const holds = async (key: string): Promise<boolean> =>
    key.includes(word) || JSON.stringify(await valueOf(redis, key)).includes(word);
  try {
    for await (const keys of redis.scanStream({ count: 500 }) as AsyncIterable<string[]>) {
      if ((await Promise.all(keys.map(holds))).includes(true)) return true;
    }
    return false;
  } finally {
    redis.disconnect();
  }
}

async function valueOf(redis: Redis, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case 'string':
      return redis.get(key);
    case 'hash':
      return redis.hgetall(key);
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'set':
      return redis.smembers(key);
    case 'zset':
      return redis.zrange(key, 0, -1);
    case 'stream':
      return redis.xrange(key, '-', '+');
    default:
      return null;
  }
}

async function isBelow(folder: string, word: string): Promise<boolean> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((one) => one.isFile())) {
    const content = await readFile(join(entry.parentPath, entry.name)).catch(() => Buffer.alloc(0));
    if (content.includes(word)) return true;
  }
  return false;
}

/** Arguments and environments of every process that ran while it watched. */
export class SeenProcesses {
  readonly #argv = new Set<string>();
  readonly #environments = new Set<string>();
  #watching: Promise<void> = Promise.resolve();
  #isOn = false;

  start(): void {
    this.#isOn = true;
    this.#watching = this.#watch();
  }

  async stop(): Promise<void> {
    this.#isOn = false;
    await this.#watching;
  }

  /** Whether a process with this in its arguments was seen. */
  hasSeen(text: string): boolean {
    return [...this.#argv].some((argv) => argv.includes(text));
  }

  placesOf(word: string): string[] {
    const holds = (texts: ReadonlySet<string>): boolean => [...texts].some((text) => text.includes(word));
    return [...(holds(this.#argv) ? ['argv'] : []), ...(holds(this.#environments) ? ['environment'] : [])];
  }

  async look(): Promise<void> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const read = (pid: string, file: string): Promise<string> =>
      readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    for (const pid of pids) {
      this.#argv.add(await read(pid, 'cmdline'));
      this.#environments.add(await read(pid, 'environ'));
    }
  }

  async #watch(): Promise<void> {
    while (this.#isOn) {
      await this.look();
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}

/** Shorter than any of our children lives. */
const LOOK_EVERY_MS = 50;
