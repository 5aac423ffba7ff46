import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { SECOND } from '../../../src/base/units.ts';
import { ProcessorIdle } from '../../../src/transfer/processor-idle.ts';
import { until } from '../../support/until.ts';

/** Elsewhere the idle processors of others are counted too. */
const ownsTheMachine = cpus().length === availableParallelism();

(ownsTheMachine ? test : test.skip)('a machine whose processors all have work is not idle', async () => {
  const busy = Array.from({ length: availableParallelism() + 1 }, () =>
    spawn(process.execPath, ['-e', "process.stdout.write('up'); for (;;);"], { stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  try {
    await Promise.all(busy.map((child) => new Promise((resolve) => child.stdout.once('data', resolve))));
    const idle = new ProcessorIdle();
    expect(idle.look()).toBe(1);
    await until(() => idle.look() < 0.1, { withinMs: 30 * SECOND, what: 'a look that finds everybody busy' });
  } finally {
    for (const child of busy) child.kill('SIGKILL');
  }
});
