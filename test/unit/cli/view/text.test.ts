import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cut, jsonLine, pad, plainText, widthOf } from '../../../../src/cli/view/text.ts';

describe('text of strangers', () => {
  test('what a terminal would obey is shown instead of done', () => {
    expect(plainText('web\u001b[2J\u0007')).toBe('web\\x1b[2J\\x07');
    expect(plainText('a\u009b31m')).toBe('a\\x9b31m');
    expect(plainText('evil\u202egnp.exe')).toBe('evil\\u202egnp.exe');
    expect(plainText('two\nlines\tand more')).toBe('two lines and more');
    expect(plainText('a\ud800')).toBe('a\\ud800');
  });

  test('ordinary names stay as they are', () => {
    for (const name of ['web01', 'Büro-PC', '東京サーバー', 'db 🚀']) expect(plainText(name)).toBe(name);
  });

  test('no text leaves a control character behind, neither plain nor as JSON', () => {
    const control = /[\u0000-\u001f\u007f-\u009f]/;
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(plainText(text)).not.toMatch(control);
        expect(jsonLine({ text })).not.toMatch(control);
        expect(JSON.parse(jsonLine({ text }))).toEqual(JSON.parse(JSON.stringify({ text })));
      }),
    );
  });
});

describe('columns', () => {
  test('wide characters take two and combining ones none', () => {
    expect(widthOf('web01')).toBe(5);
    expect(widthOf('東京')).toBe(4);
    expect(widthOf('e\u0301')).toBe(1);
    expect(widthOf('🚀')).toBe(2);
  });

  test('a text is cut to its columns, with an ellipsis', () => {
    expect(cut('a-long-name', 6)).toBe('a-lon…');
    expect(cut('short', 5)).toBe('short');
    expect(cut('東京サーバー', 6)).toBe('東京…');
    expect(cut('anything', 0)).toBe('');
  });

  test('a text that was cut is never wider than it may be', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, width) => {
        expect(widthOf(cut(plainText(text), width))).toBeLessThanOrEqual(width);
      }),
    );
  });

  test('blanks fill up on the side that is wanted', () => {
    expect(pad('ab', 4)).toBe('ab  ');
    expect(pad('ab', 4, 'right')).toBe('  ab');
    expect(pad('abcdef', 4)).toBe('abcdef');
  });
});
