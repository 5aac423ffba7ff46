import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ALL_COMMANDS, findCommand } from '../../../src/cli/commands.ts';
import { EXIT, EXIT_CODES_HELP } from '../../../src/cli/exit-code.ts';
import { commandHelp, nearestCommand } from '../../../src/cli/help.ts';

describe('commands', () => {
  test('two words are looked for before one', () => {
    expect(findCommand(['vms', 'show', 'web01'])).toMatchObject({ entry: { name: 'vms show' }, args: ['web01'] });
    expect(findCommand(['vms', '--json'])).toMatchObject({ entry: { name: 'vms' }, args: ['--json'] });
    expect(findCommand(['vm'])).toBeUndefined();
  });

  test.each([
    ['jbos', 'jobs'],
    ['replciate', 'replicate'],
    ['VMS', 'vms'],
    ['worke', 'worker'],
    ['volume-deamon', 'volume-daemon'],
    ['frobnicate', undefined],
    ['', undefined],
  ])('%s was meant as %s', (word, meant) => {
    expect(nearestCommand(word)).toBe(meant);
  });

  test('help names every command, and each is there: in the client, or as a process of its own', () => {
    const help = commandHelp();
    for (const { name, load } of ALL_COMMANDS) {
      expect(help).toContain(`\n  ${name} `);
      if (load === undefined) expect(existsSync(join(process.cwd(), 'src/bin', `${name}.ts`))).toBe(true);
    }
  });

  test('no line of a help text is wider than 120 columns', async () => {
    const texts = [commandHelp()];
    for (const { load } of ALL_COMMANDS) texts.push((await load?.())?.help ?? '');
    for (const line of texts.join('\n').split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  });

  test('the manual has every command and every exit status', () => {
    const manual = readFileSync(join(process.cwd(), 'docs/cli.md'), 'utf8');
    for (const { name, load } of ALL_COMMANDS) if (load !== undefined) expect(manual).toContain(`migratekit ${name}`);
    for (const status of Object.values(EXIT)) {
      expect(manual).toMatch(new RegExp(`^\\| ${status} \\|`, 'm'));
      expect(EXIT_CODES_HELP).toMatch(new RegExp(`^  ${status} `, 'm'));
    }
  });
});
