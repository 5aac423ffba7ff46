import { processesOf } from './processes.ts';
import { startTestRun, type TestRun } from './run-services.ts';
import { until } from './until.ts';

declare global {
  var migratekitTestRun: TestRun | undefined;
}

/** Once, before all test files. */
export async function startRun(): Promise<void> {
  const run = await startTestRun();
  globalThis.migratekitTestRun = run;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      for (const { pid } of processesOf(run.marker)) process.kill(pid, 'SIGKILL');
      void run.close().finally(() => process.kill(process.pid, signal));
    });
  }
}

/** Once, after all test files. A process that a test left behind fails the run. */
export async function endRun(): Promise<void> {
  const run = globalThis.migratekitTestRun;
  if (run === undefined) return;
  let left = processesOf(run.marker);
  await until(() => (left = processesOf(run.marker)).length === 0, {
    withinMs: 60_000,
    what: 'end of all processes',
  }).catch(() => undefined);
  for (const { pid } of left) process.kill(pid, 'SIGKILL');
  await run.close();
  if (left.length === 0) return;
  Object.assign(globalThis, { migratekitExtraFailures: 1 });
  const list = left.map(({ pid, command }) => `  ${pid} ${command.slice(0, 200)}`).join('\n');
  throw new Error(`tests left processes behind (killed now):\n${list}`);
}
