import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { isMarkDead, ownMark, startTicksOf } from '../../../src/base/process-mark.ts';

test('a process that runs is not dead, and one that ended is, also when its pid is in use again', async () => {
  const [boot, namespace, , ticks] = ownMark().split('-');
  expect(isMarkDead(ownMark())).toBe(false);
  expect(isMarkDead([boot, namespace, process.pid, Number(ticks) - 1].join('-'))).toBe(true);

  const child = spawn('sleep', ['60']);
  const mark = [boot, namespace, child.pid, startTicksOf(child.pid ?? 0)].join('-');
  expect(isMarkDead(mark)).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isMarkDead(mark)).toBe(true);
});

test('one of another boot is dead, one of another container may live', () => {
  const [boot, namespace, pid, ticks] = ownMark().split('-');
  expect(isMarkDead(['00000000', namespace, pid, ticks].join('-'))).toBe(true);
  expect(isMarkDead([boot, '1', '999999999', ticks].join('-'))).toBe(false);
});
