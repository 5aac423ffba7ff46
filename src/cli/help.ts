import { ALL_COMMANDS, COMMAND_GROUPS, type CommandEntry } from './commands.ts';

const SYNOPSIS_WIDTH = 40;

/** What `migratekit help` prints. */
export function commandHelp(): string {
  const line = ({ name, synopsis, summary }: CommandEntry): string =>
    `  ${`${name} ${synopsis}`.padEnd(SYNOPSIS_WIDTH)} ${summary}`;
  const groups = COMMAND_GROUPS.map(({ title, commands }) => `${title}:\n${commands.map(line).join('\n')}`);
  return `usage: migratekit COMMAND [OPTIONS]

${groups.join('\n\n')}

migratekit COMMAND --help tells more. Settings come from the environment: example.env lists all of them.`;
}

/** What a mistyped command may have meant. */
export function nearestCommand(word: string): string | undefined {
  const ranked = ALL_COMMANDS.map(({ name }) => ({ name, distance: distance(word.toLowerCase(), name) }));
  const [best] = ranked.toSorted((one, other) => one.distance - other.distance);
  return best !== undefined && best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.name : undefined;
}

/** Levenshtein, with two neighbours that changed places as one mistake. */
function distance(one: string, other: string): number {
  // Longer words are nobody's mistake, and would take long.
  if (Math.abs(one.length - other.length) > 3) return Infinity;
  const rows = [Array.from({ length: other.length + 1 }, (_, at) => at)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let row = 1; row <= one.length; row += 1) {
    const next = [row];
    rows.push(next);
    for (let column = 1; column <= other.length; column += 1) {
      const replaced = at(row - 1, column - 1) + (one[row - 1] === other[column - 1] ? 0 : 1);
      const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      const swap = swapped ? at(row - 2, column - 2) + 1 : Infinity;
      next.push(Math.min(replaced, at(row - 1, column) + 1, at(row, column - 1) + 1, swap));
    }
  }
  return at(one.length, other.length);
}
