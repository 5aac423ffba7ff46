import { describeError, toAppError } from '../base/errors.ts';
import { readEnv } from '../config/env.ts';
import { labCommand } from '../lab/command.ts';

try {
  await labCommand({
    home: readEnv().MIGRATEKIT_HOME,
    args: process.argv.slice(2),
    print: (line) => process.stdout.write(`${line}\n`),
  });
} catch (error) {
  process.stderr.write(`migratekit lab: ${describeError(error)}\n`);
  process.exitCode = toAppError(error).code === 'cli.usage' ? 2 : 1;
}
