import { describe, expect, test } from '@jest/globals';
import { labCommand } from '../../../src/lab/command.ts';
import { demo } from '../../../src/lab/demo.ts';

const home = '/nowhere';

async function lab(...args: string[]): Promise<string> {
  const lines: string[] = [];
  await labCommand({ home, args, print: (line) => lines.push(line) });
  return lines.join('\n');
}

describe('who asks the lab for help', () => {
  test.each([['--help'], ['up', '--help'], ['-h']])(
    'by %s is told its options, and nothing starts',
    async (...args) => {
      const text = await lab(...args);
      for (const option of ['--dir', '--workers', '--vms', '--rate', '--guests', '--random'])
        expect(text).toContain(option);
    },
  );

  test('by an option that there is not is told those that there are', async () => {
    await expect(lab('up', '--quick')).rejects.toMatchObject({
      code: 'cli.usage',
      message: expect.stringContaining('migratekit lab up'),
    });
  });

  test('about the demo is told what it does, and nothing starts', async () => {
    const lines: string[] = [];
    const said: string[] = [];
    const stopped = new Promise<void>(() => undefined);
    const isOk = await demo({
      home,
      args: ['--help'],
      startedAt: 0,
      print: (line) => lines.push(line),
      tell: (text) => said.push(text),
      stopped,
    });
    expect({ isOk, said }).toEqual({ isOk: true, said: [] });
    expect(lines.join('\n')).toContain('--once');
  });
});
