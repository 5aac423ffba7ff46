// Everything that is not a process of its own: the operator's commands, help, and what was mistyped.
import { describeError } from '../base/errors.ts';
import { runClient } from '../cli/main.ts';
import { readShell } from '../config/env.ts';

try {
  process.exitCode = await runClient(process.argv.slice(2), readShell());
} catch (error) {
  process.stderr.write(`migratekit: ${describeError(error)}\n`);
  process.exitCode = 1;
}
