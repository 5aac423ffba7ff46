import { describe, expect, test } from '@jest/globals';
import { paints } from '../../../../src/cli/view/paint.ts';
import { type Column, table } from '../../../../src/cli/view/table.ts';
import { widthOf } from '../../../../src/cli/view/text.ts';

interface Row {
  readonly name: string;
  readonly size: string;
  readonly note: string;
}

const columns: Column<Row>[] = [
  { title: 'NAME', text: (row) => row.name, least: 6 },
  { title: 'SIZE', text: (row) => row.size, align: 'right' },
  { title: 'NOTE', text: (row) => row.note, least: 4 },
];
const paint = paints(false);

describe('a table', () => {
  const rows = [
    { name: 'web01', size: '1.0 GiB', note: '' },
    { name: 'a-name-that-is-long', size: '102.0 GiB', note: 'something to say' },
  ];

  test('aligns its columns and ends no line in blanks', () => {
    expect(table(columns, rows, { width: 200, paint })).toEqual([
      'NAME                      SIZE  NOTE',
      'web01                  1.0 GiB',
      'a-name-that-is-long  102.0 GiB  something to say',
    ]);
  });

  test('fits the terminal by cutting what may be cut', () => {
    const lines = table(columns, rows, { width: 32, paint });

    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(32);
    expect(lines[2]).toBe('a-name-t…  102.0 GiB  something…');
  });

  test('is cut no further than its columns allow, and not at all where nobody looks', () => {
    expect(table(columns, rows, { width: 5, paint })[2]).toBe('a-nam…  102.0 GiB  som…');
    expect(table(columns, rows, { width: Infinity, paint })[2]).toContain('something to say');
  });

  test('counts wide characters as two columns', () => {
    const [, japanese, plain] = table(
      columns,
      [
        { name: '東京', size: '1', note: 'x' },
        { name: 'web0', size: '1', note: 'x' },
      ],
      { width: 80, paint },
    );

    expect(japanese).toBe('東京     1  x');
    expect(plain).toBe('web0     1  x');
  });

  test('shows a name with a control sequence, and does not obey it', () => {
    const [, line] = table(columns, [{ name: '\u001b[31mred', size: '1', note: '' }], { width: 80, paint });

    expect(line).toBe('\\x1b[31mred     1');
  });

  test('has colours only where they were asked for', () => {
    const painted: Column<Row>[] = [{ title: 'NAME', text: (row) => row.name, paint: paints(true).bad }];

    expect(table(painted, rows, { width: 80, paint: paints(true) })[1]).toBe('\u001b[31mweb01\u001b[39m');
  });
});
