import { commandHelp } from '../cli/help.ts';

// Commands that are processes of their own have a file beside this one; what is left is help and mistakes.
const command = process.argv[2] ?? 'help';
if (command === 'help' || command === '--help' || command === '-h') {
  process.stdout.write(commandHelp);
} else {
  process.stderr.write(`migratekit: there is no command ${command}\n\n${commandHelp}`);
  process.exitCode = 2;
}
