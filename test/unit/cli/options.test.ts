import { describe, expect, test } from '@jest/globals';
import { oneOf, parseOptions, wholeNumber } from '../../../src/cli/options.ts';

const usage = (message: string | RegExp) => expect.objectContaining({ code: 'cli.usage', message: matching(message) });
const matching = (message: string | RegExp): unknown =>
  typeof message === 'string' ? message : expect.stringMatching(message);

const thrown = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

describe('options of a command', () => {
  const options = { vcenter: { type: 'string' }, full: { type: 'boolean', default: false } } as const;
  const arity = { least: 1, most: 2, what: 'VM...' };

  test('are read with those that every command has', () => {
    const { values, positionals } = parseOptions(['web01', '--full', '--lab', '/tmp/lab'], options, arity);

    expect({ ...values }).toEqual({ full: true, json: false, lab: '/tmp/lab' });
    expect(positionals).toEqual(['web01']);
  });

  test('that are unknown, incomplete, or beside too few or too many arguments are a wrong usage', () => {
    expect(thrown(() => parseOptions(['--ful', 'web01'], options, arity))).toEqual(usage(/Unknown option '--ful'/));
    expect(thrown(() => parseOptions(['web01', '--vcenter'], options, arity))).toEqual(usage(/--vcenter/));
    expect(thrown(() => parseOptions([], options, arity))).toEqual(usage('expected VM...'));
    expect(thrown(() => parseOptions(['a', 'b', 'c'], options, arity))).toEqual(usage('unexpected argument c'));
  });

  test('numbers are whole and within their limits', () => {
    expect(wholeNumber('--limit', undefined, 10)).toBeUndefined();
    expect(wholeNumber('--limit', '10', 10)).toBe(10);
    for (const text of ['0', '11', '-1', '1.5', '1e1', '', 'ten']) {
      expect(thrown(() => wholeNumber('--limit', text, 10))).toEqual(usage(/from 1 to 10/));
    }
  });

  test('a word that is none of the choices is answered with them', () => {
    expect(oneOf('--status', 'failed', ['failed', 'running'])).toBe('failed');
    expect(thrown(() => oneOf('--status', 'broken', ['failed', 'running']))).toEqual(usage(/failed, running/));
  });
});
