import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { MiB, SECOND } from '../../../src/base/units.ts';
import { CopyReport, type ProgressReader } from '../../../src/cli/copy-report.ts';
import type { CopyCounter } from '../../../src/transfer/copy-options.ts';
import { screenOf } from '../../support/terminal.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const MIB_PER_S = 10;

/** A copy of 1000 MiB, a tenth of it zeros, at 10 MiB of data per second. */
class Shown {
  readonly lines: string[] = [];
  drawn = '';
  readonly sides = { source: { connections: 2, retries: 0 }, target: { connections: 2, retries: 0 } };
  readonly report: CopyReport;
  readonly #counter: CopyCounter = {
    bytesTotal: 1000 * MiB,
    bytesCopied: 0,
    bytesZeroed: 100 * MiB,
    bytesSkipped: 0,
    bytesResumed: 0,
  };

  constructor(reader: ProgressReader, columns?: number) {
    const draw = (text: string): void => void (this.drawn += text);
    const terminal = columns === undefined ? undefined : { draw, columns: () => columns };
    this.report = new CopyReport(this.sides, { err: (line) => void this.lines.push(line), terminal }, reader);
  }

  run(seconds: number): void {
    for (let second = 0; second < seconds; second += 1) {
      this.#counter.bytesCopied += MIB_PER_S * MiB;
      this.report.show(this.#counter);
      jest.advanceTimersByTime(1 * SECOND);
    }
  }
}

describe('progress for a person', () => {
  test('on a terminal is one line that is drawn over, and ends as a line of its own', () => {
    const shown = new Shown('person', 100);
    shown.run(20);
    expect(screenOf(shown.drawn, 100)).toEqual(['30.0 %  300.0 MiB of 1000.0 MiB  10.0 MiB/s  ETA 47 s']);
    shown.report.stop();
    expect(shown.drawn.endsWith('\n')).toBe(true);
    expect(shown.lines).toEqual([]);
    const drawn = shown.drawn;
    jest.advanceTimersByTime(60 * SECOND);
    shown.report.stop();
    expect(shown.drawn.slice(drawn.length)).not.toMatch(/[^\r\n]\r/);
  });

  test('leaves nothing of a longer line before, and fits a narrow terminal', () => {
    const shown = new Shown('person', 45);
    shown.sides.target.connections = 0;
    shown.run(10);
    shown.sides.target.connections = 2;
    shown.run(80);
    const [line = '', ...more] = screenOf(shown.drawn, 45);
    expect(more).toEqual([]);
    expect(line.trimEnd()).toBe('100.0 %  1000.0 MiB of 1000.0 MiB  10.0 MiB/');
    expect(shown.drawn).not.toContain('\u001b');
  });

  test('says who is waited for, and how often something was repeated', () => {
    const shown = new Shown('person', 120);
    shown.sides.target.connections = 0;
    shown.sides.source.retries = 1;
    shown.run(1);
    expect(shown.drawn).toContain('  waiting for the target  1 retry');
    shown.sides.target.retries = 2;
    shown.run(1);
    expect(shown.drawn).toContain('3 retries');
  });

  test('elsewhere is a line at the start, one now and then, and one at the end', () => {
    const shown = new Shown('person');
    shown.run(35);
    expect(shown.lines.map((line) => line.split('  ')[0])).toEqual(['11.0 %', '21.0 %', '31.0 %', '41.0 %']);
    shown.report.stop();
    expect(shown.lines.at(-1)).toContain('45.0 %  450.0 MiB of 1000.0 MiB');
  });

  test('is silent before there is any', () => {
    const shown = new Shown('person');
    jest.advanceTimersByTime(60 * SECOND);
    shown.report.stop();
    expect([shown.lines, shown.drawn]).toEqual([[], '']);
  });
});

describe('progress of a verification', () => {
  test('takes the place of that of the copy, for a person and for a program', () => {
    const shown = new Shown('person', 100);
    shown.run(20);
    shown.report.showVerify({ bytesRead: 250 * MiB, bytesTotal: 1000 * MiB });
    shown.report.stop();
    expect(screenOf(shown.drawn, 100)[0]?.trimEnd()).toBe('verifying  25.0 %  250.0 MiB of 1000.0 MiB read again');
    const machine = new Shown('machine');
    machine.report.showVerify({ bytesRead: 5, bytesTotal: undefined });
    machine.report.stop();
    expect(machine.lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { phase: 'verify', bytes_read: 5, bytes_total: null },
    ]);
  });
});

describe('progress for a program', () => {
  test('is a JSON object per second, on a terminal too', () => {
    const shown = new Shown('machine', 80);
    shown.run(20);
    shown.report.stop();
    expect(shown.drawn).toBe('');
    expect(shown.lines).toHaveLength(21);
    expect(JSON.parse(shown.lines[0] ?? '')).toMatchObject({ percent: 11, eta_seconds: null });
    expect(JSON.parse(shown.lines.at(-1) ?? '')).toEqual({
      phase: 'copy',
      percent: 30,
      bytes_total: 1000 * MiB,
      bytes_copied: 200 * MiB,
      bytes_zeroed: 100 * MiB,
      bytes_skipped: 0,
      bytes_resumed: 0,
      current_bps: 10 * MiB,
      average_bps: 10 * MiB,
      eta_seconds: expect.any(Number),
      retries: 0,
      waiting_for: null,
    });
  });
});
