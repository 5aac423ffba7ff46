import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KiB, MiB } from '../../../src/base/units.ts';
import { ChaosProxy, type Fault } from '../../support/chaos-proxy.ts';
import { OperatorShell } from '../../support/command.ts';
import {
  sha256OfFile,
  startNbdkit,
  TestFolder,
  writeImage,
  writeUsed,
  type NbdServer,
} from '../../support/nbd-servers.ts';

/** A copy that several threads carry, each over wires of its own to both ends, and something happens to all of these. */

/** Enough that more threads are taken at all. */
const SIZE = 288 * MiB;
const DATA = Array.from({ length: 12 }, (_, n) => ({ offset: n * 24 * MiB + n * 512, length: 6 * MiB }));

let folder: TestFolder;
let server: NbdServer;
let expected: string;

beforeAll(async () => {
  folder = new TestFolder();
  await writeImage(folder.file('source'), SIZE, DATA);
  expected = await sha256OfFile(folder.file('source'));
  // See chaos.test.ts.
  server = await startNbdkit(folder, '--threads=1', 'file', `dir=${folder.path}`);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

test.each<[string, (connection: number) => Fault[]]>([
  ['cut in what is read', () => [{ way: 'toClient', atByte: 7 * MiB + 11, does: 'cut' }]],
  ['cut in what is written', () => [{ way: 'toServer', atByte: 9 * MiB + 5, does: 'cut' }]],
  [
    'reset, each at another place',
    (connection) => [{ way: 'toClient', atByte: 300 * KiB * (1 + connection), does: 'reset' }],
  ],
])('all wires are %s', async (_name, faults) => {
  await writeUsed(folder.file('target'), SIZE);
  await using toSource = await ChaosProxy.start(folder, server, 'tcp');
  await using toTarget = await ChaosProxy.start(folder, server, 'tcp');
  // The connections that a copy begins with; those that replace them are good.
  for (const proxy of [toSource, toTarget]) proxy.weather = { faults: (n) => (n < 4 ? faults(n) : []) };
  using shell = new OperatorShell();
  const sides = [toSource.uri('source'), toTarget.uri('target')];
  const result = await shell.json(['copy', ...sides, '--threads', '2', '--connections', '4', '--retries', '20']);

  expect(result).toMatchObject({ exit: 0, bytes_total: SIZE, bytes_skipped: 0 });
  expect(await sha256OfFile(folder.file('target'))).toBe(expected);
  expect(toSource.traffic.length + toTarget.traffic.length).toBeGreaterThan(4);
});
