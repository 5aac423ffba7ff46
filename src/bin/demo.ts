import { describeError, toAppError } from '../base/errors.ts';
import { setLogLevel } from '../base/logger.ts';
import { stopRequested } from '../base/service.ts';
import { readEnv } from '../config/env.ts';
import { demo } from '../lab/demo.ts';

const EXIT_OF: Readonly<Record<string, number>> = { 'cli.usage': 2, 'demo.interrupted': 130 };

// The demo talks to people; its parts log into files of their own.
setLogLevel('error');
const stopped = stopRequested();
try {
  const ok = await demo({
    home: readEnv().MIGRATEKIT_HOME,
    args: process.argv.slice(2),
    startedAt: Date.now() - performance.now(),
    print: (line) => process.stdout.write(`${line}\n`),
    tell: (text) => process.stderr.write(text),
    stopped,
  });
  process.exitCode = ok ? 0 : 1;
} catch (error) {
  process.stderr.write(`migratekit demo: ${describeError(error)}\n`);
  process.exitCode = EXIT_OF[toAppError(error).code] ?? 1;
}
