import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

/** A test run inside of this one, on test files that are made here: does our set-up notice what it must? */

const root = process.cwd();
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mk-inner-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

interface Run {
  readonly code: number | null;
  readonly output: string;
  readonly lastLine: string;
}

async function runJest(tests: Readonly<Record<string, string>>, ...args: string[]): Promise<Run> {
  for (const [name, source] of Object.entries(tests)) await writeFile(join(dir, `${name}.test.cjs`), source);
  const config = join(dir, 'jest.config.json');
  await writeFile(
    config,
    JSON.stringify({
      rootDir: root,
      roots: [dir],
      testMatch: [join(dir, '*.test.cjs')],
      globalSetup: join(root, 'test/support/global-setup.cjs'),
      globalTeardown: join(root, 'test/support/global-teardown.cjs'),
      reporters: ['default', join(root, 'test/support/summary-reporter.cjs')],
      transform: {
        '\\.ts$': [
          '@swc/jest',
          { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
        ],
      },
    }),
  );
  // Both streams into one pipe, so that the last line is the last line.
  const command = [process.execPath, join(root, 'node_modules/jest/bin/jest.js'), '-c', config, ...args];
  const jest = spawn('sh', ['-c', 'exec "$@" 2>&1', 'sh', ...command], {
    cwd: root,
    env: { ...process.env, MIGRATEKIT_TEST_SERVICES: 'none' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  jest.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => jest.once('close', resolve));
  return { code, output, lastLine: output.trimEnd().split('\n').at(-1) ?? '' };
}

const passes = "test('passes', () => {});\n";

describe('a test run', () => {
  test('ends with the numbers, and with 0 when all passed', async () => {
    const run = await runJest({ a: passes, b: passes });
    expect([run.lastLine, run.code]).toEqual(['2 passed, 0 failed', 0]);
  });

  test('counts failed tests and files that do not load', async () => {
    const run = await runJest({
      a: `${passes}test('fails', () => { throw new Error('x') });`,
      b: "require('./nowhere');",
    });
    expect([run.lastLine, run.code]).toEqual(['1 passed, 2 failed', 1]);
  });

  test('fails on a skipped test, and names it', async () => {
    const run = await runJest({
      a: `${passes}describe('deep', () => test.skip('skipped', () => {}));test.todo('later');`,
    });
    expect(run.output).toMatch(/^skipped: deep skipped$/m);
    expect(run.output).toMatch(/^skipped: later$/m);
    expect([run.lastLine, run.code]).toEqual(['1 passed, 0 failed, 2 skipped', 1]);
  });

  test('lets a person choose tests by name', async () => {
    const run = await runJest({ a: `${passes}test('other', () => {});` }, '-t', 'passes');
    expect([run.lastLine, run.code]).toEqual(['1 passed, 0 failed', 0]);
  });

  test('fails when a test leaves a process behind, names it and kills it', async () => {
    const leak = `test('leaks', () => {
      require('node:child_process').spawn('sleep', ['297'], { detached: true, stdio: 'ignore' }).unref();
    });`;
    const run = await runJest({ a: leak });
    expect(run.output).toMatch(/tests left processes behind[^]*\b(\d+) sleep 297/);
    expect([run.lastLine, run.code]).toEqual(['1 passed, 1 failed', 1]);
  });
});
