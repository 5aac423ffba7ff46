import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AppError } from '../../../src/base/errors.ts';
import { keepPart, type KeptPart, type KeptPartOptions } from '../../../src/lab/kept-part.ts';
import { isAlive } from '../../../src/lab/process-id.ts';
import { until } from '../../support/until.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mk-kept-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const QUICK = { firstMs: 5, maxMs: 20, goodRunMs: 60_000, deathsMax: 4 };

interface Kept extends AsyncDisposable {
  readonly part: KeptPart;
  readonly restarts: () => number;
  readonly givenUp: Promise<AppError>;
  readonly logFile: string;
}

/** A shell script as a part; ready as soon as it runs, unless told otherwise. */
async function keep(name: string, script: string, more: Partial<KeptPartOptions> = {}): Promise<Kept> {
  const logFile = join(dir, `${name}.log`);
  const given = Promise.withResolvers<AppError>();
  let restarts = 0;
  const part = await keepPart({
    command: { name, program: 'sh', args: ['-c', script], logFile },
    readiness: { isReady: () => Promise.resolve(true), withinMs: 20_000 },
    policy: QUICK,
    onRestart: () => (restarts += 1),
    onGivenUp: given.resolve,
    ...more,
  });
  return {
    part,
    restarts: () => restarts,
    givenUp: given.promise,
    logFile,
    [Symbol.asyncDispose]: () => part.stop(5_000),
  };
}

test('a part that is killed is started again as another process', async () => {
  await using kept = await keep('sleeps', 'exec sleep 300');
  const first = kept.part.id;
  process.kill(first.pid, 'SIGKILL');
  await until(() => kept.restarts() === 1, { withinMs: 20_000, what: 'the restart' });

  expect(isAlive(first)).toBe(false);
  expect(kept.part.id.name).toBe('sleeps');
  expect(isAlive(kept.part.id)).toBe(true);
});

test('a part that dies again and again is given up, with a word about where to look', async () => {
  await using kept = await keep('dies', 'echo once more; exit 3');
  const error = await kept.givenUp;

  expect(error).toMatchObject({ code: 'lab.part-given-up', hint: expect.stringContaining(kept.logFile) });
  expect(error.message).toContain('dies died 4 times');
  // As often as the policy says, and not once more.
  expect((await readFile(kept.logFile, 'utf8')).trim().split('\n')).toHaveLength(QUICK.deathsMax);
  expect(isAlive(kept.part.id)).toBe(false);
});

test('a part that does not come up again counts as dying, and leaves no process', async () => {
  let starts = 0;
  const isReady = (): Promise<boolean> => Promise.resolve((starts += 1) === 1);
  await using kept = await keep('hangs', 'echo $$; exec sleep 300', { readiness: { isReady, withinMs: 30 } });
  process.kill(kept.part.id.pid, 'SIGKILL');
  const error = await kept.givenUp;

  expect(error).toMatchObject({ code: 'lab.part-given-up', cause: { code: 'embedded.not-started' } });
  expect((await pidsIn(kept.logFile)).filter(isAliveNow)).toEqual([]);
});

test('runs that were good do not count: it is kept however often it dies', async () => {
  await using kept = await keep('long', 'exec sleep 300', { policy: { ...QUICK, goodRunMs: 0 } });
  for (let restart = 1; restart <= QUICK.deathsMax + 2; restart += 1) {
    process.kill(kept.part.id.pid, 'SIGKILL');
    await until(() => kept.restarts() === restart, { withinMs: 20_000, what: `restart ${restart}` });
  }

  expect(isAlive(kept.part.id)).toBe(true);
});

test('a stop ends it for good, also while it waits for its restart or starts', async () => {
  const waits = await keep('waits', 'exec sleep 300', { policy: { ...QUICK, firstMs: 60_000, maxMs: 60_000 } });
  process.kill(waits.part.id.pid, 'SIGKILL');
  await until(() => !isAlive(waits.part.id), { withinMs: 20_000, what: 'its death' });
  await waits.part.stop(5_000);
  let starts = 0;
  const isReady = (): Promise<boolean> => Promise.resolve((starts += 1) === 1);
  const begins = await keep('begins', 'echo $$; exec sleep 300', { readiness: { isReady, withinMs: 60_000 } });
  process.kill(begins.part.id.pid, 'SIGKILL');
  const isStarting = async (): Promise<boolean> => {
    const latest = (await pidsIn(begins.logFile)).at(-1);
    return latest !== undefined && latest !== begins.part.id.pid;
  };
  await until(isStarting, { withinMs: 20_000, what: 'its second start' });
  await begins.part.stop(5_000);

  expect([waits.restarts(), begins.restarts()]).toEqual([0, 0]);
  expect((await pidsIn(begins.logFile)).filter(isAliveNow)).toEqual([]);
});

/** What scripts wrote about themselves. One that was killed at once wrote nothing. */
async function pidsIn(logFile: string): Promise<number[]> {
  return (await readFile(logFile, 'utf8')).split('\n').flatMap((line) => (line === '' ? [] : [Number(line)]));
}

function isAliveNow(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
