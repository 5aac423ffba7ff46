import { expect, test } from '@jest/globals';
import { LiveArea } from '../../../../src/cli/view/live-area.ts';
import { ScreenTerminal } from '../../../support/terminal.ts';

test('lines are drawn anew in place, also when they become fewer', () => {
  const terminal = new ScreenTerminal({ width: 40 });
  const area = new LiveArea(terminal);
  area.draw(['one 10 %', 'two 20 %']);
  area.draw(['one 11 %', 'two 21 %']);
  expect(terminal.lines).toEqual(['one 11 %', 'two 21 %']);

  area.draw(['two 22 %']);
  expect(terminal.lines).toEqual(['two 22 %']);
});

test('a line that stays goes above the live ones', () => {
  const terminal = new ScreenTerminal({ width: 40 });
  const area = new LiveArea(terminal);
  area.draw(['one 10 %', 'two 20 %']);
  area.print('one completed', ['two 20 %']);
  area.draw(['two 30 %']);

  expect(terminal.lines).toEqual(['one completed', 'two 30 %']);
});

test('more lines than the terminal has are counted instead of shown', () => {
  const terminal = new ScreenTerminal({ width: 40, rows: 4 });
  const area = new LiveArea(terminal);
  area.draw(['1', '2', '3', '4', '5']);
  area.draw(['1', '2', '3', '4', '5']);

  expect(terminal.lines).toEqual(['1', '2', '… 3 more lines']);
});

test('a terminal that became narrower is cleared of the lines that it wrapped', () => {
  const terminal = new ScreenTerminal({ width: 20 });
  const area = new LiveArea(terminal);
  terminal.out('above');
  area.draw(['x'.repeat(18), 'y'.repeat(18)]);
  // The terminal wraps what it shows: as if it had been written on the narrow one.
  terminal.resize(10);
  area.draw(['narrow']);

  expect(terminal.lines).toEqual(['above', 'narrow']);
});
