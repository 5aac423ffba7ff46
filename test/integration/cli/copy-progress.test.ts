import { expect, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import { OperatorShell } from '../../support/command.ts';
import { sha256OfFile, TestFolder, writeImage } from '../../support/nbd-servers.ts';
import { screenOf } from '../../support/terminal.ts';

const SIZE = 16 * MiB;

test('on a terminal the progress is one line, with the summary below it', async () => {
  using folder = new TestFolder();
  using shell = new OperatorShell();
  await writeImage(folder.file('source'), SIZE, [{ offset: 0, length: SIZE }]);
  const target = folder.file('target');
  const rate = String(6 * MiB);
  const running = shell.startAtTerminal(['copy', folder.file('source'), target, '--progress', '--rate', rate]);
  const { code, stdout } = await running.ended;
  expect(code).toBe(0);
  // More than one state was drawn, and only the last is seen.
  expect(stdout.split('\r').filter((part) => part.includes(' % ')).length).toBeGreaterThan(1);
  const lines = screenOf(stdout.replaceAll('\r\n', '\n\r'), 80).map((line) => line.trimEnd());
  expect(lines.filter((line) => line !== '')).toEqual([
    expect.stringMatching(/^100\.0 % {2}16\.0 MiB of 16\.0 MiB {2}\d+\.\d [KM]iB\/s$/),
    expect.stringContaining('16.0 MiB copied'),
  ]);
  expect(await sha256OfFile(target)).toBe(await sha256OfFile(folder.file('source')));
});

test('with --json the progress is JSON lines on stderr, and the summary alone on stdout', async () => {
  using folder = new TestFolder();
  using shell = new OperatorShell();
  await writeImage(folder.file('source'), SIZE, [{ offset: 0, length: SIZE }]);
  const paths = [folder.file('source'), folder.file('target')];
  const { code, stdout, stderr } = await shell.run(['copy', ...paths, '--progress', '--json', '--rate', '6M']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ bytes_copied: SIZE });
  const reports = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>);
  expect(reports.length).toBeGreaterThan(1);
  expect(reports.at(-1)).toMatchObject({ percent: 100, bytes_copied: SIZE, retries: 0 });
  expect(reports.every(({ bytes_total: total }) => total === SIZE)).toBe(true);
});
