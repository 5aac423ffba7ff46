import { cancelled } from '../base/errors.ts';
import type { Shell } from '../config/env.ts';
import { type Called, findCommand } from './commands.ts';
import { EXIT } from './exit-code.ts';
import { commandHelp, nearestCommand } from './help.ts';
import { reportError } from './report.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import { plainText } from './view/text.ts';

/** The commands that talk to the API, and `help`. @returns the exit status */
export async function runClient(words: readonly string[], shell: Shell): Promise<number> {
  const stop = new AbortController();
  const terminal = processTerminal(shell, () => stop.abort(cancelled('cli.interrupted', 'nobody reads the output')));
  // Once: a second Ctrl-C finds the system's own way to end a process.
  const onSignal = (): void => {
    removeHandlers();
    stop.abort(cancelled('cli.interrupted', 'interrupted'));
  };
  const removeHandlers = (): void => {
    for (const name of SIGNALS) process.off(name, onSignal);
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  try {
    return await dispatch(words, { terminal, shell, signal: stop.signal });
  } finally {
    removeHandlers();
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface Surroundings {
  readonly terminal: Terminal;
  readonly shell: Shell;
  readonly signal: AbortSignal;
}

async function dispatch(words: readonly string[], around: Surroundings): Promise<number> {
  const { terminal } = around;
  const [first = 'help', ...rest] = words;
  if (['help', '--help', '-h'].includes(first)) return help(rest, terminal);
  const called = findCommand(words);
  if (called === undefined) return unknown(first, terminal);
  return run(called, around);
}

async function run({ entry, args }: Called, around: Surroundings): Promise<number> {
  const { terminal } = around;
  const json = args.includes('--json');
  try {
    const command = await entry.load?.();
    if (command === undefined) return unknown(entry.name, terminal);
    if (args.includes('--help') || args.includes('-h')) {
      terminal.out(command.help);
      return EXIT.done;
    }
    return await command.run(around, args);
  } catch (error) {
    return reportError(terminal, error, { command: entry.name, json });
  }
}

/** `help COMMAND` is `COMMAND --help`, for the commands that are here. */
async function help(words: readonly string[], terminal: Terminal): Promise<number> {
  const called = words.length === 0 ? undefined : findCommand(words);
  const command = await called?.entry.load?.();
  if (command !== undefined) terminal.out(command.help);
  else if (called !== undefined) terminal.out(`migratekit ${called.entry.name} ${called.entry.synopsis}`.trimEnd());
  else if (words.length > 0) return unknown(words.join(' '), terminal);
  else terminal.out(commandHelp());
  return EXIT.done;
}

function unknown(word: string, terminal: Terminal): number {
  const nearest = nearestCommand(word);
  const meant = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  terminal.err(`migratekit: there is no command ${plainText(word)}${meant}`);
  terminal.err('  migratekit help lists all of them');
  return EXIT.usage;
}
