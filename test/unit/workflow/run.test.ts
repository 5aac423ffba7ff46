import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { AppError, cancelled, precondition, upstream } from '../../../src/base/errors.ts';
import { queueLog } from '../../../src/base/logger.ts';
import { parked } from '../../../src/queues/control.ts';
import { defineWorkflow, step, type Step } from '../../../src/workflow/define.ts';
import type { StepEnd, StepLedger, StepRecord, WorkflowState } from '../../../src/workflow/ledger.ts';
import { runWorkflow } from '../../../src/workflow/run.ts';

/** The ledger of steps without a database; what the real one does is tested on the real database. */
class MemoryLedger implements StepLedger {
  workflow: WorkflowState = { direction: 'forward', committed: false, reason: null };
  readonly steps = new Map<string, StepRecord>();

  load(): ReturnType<StepLedger['load']> {
    return Promise.resolve({ workflow: this.workflow, steps: [...this.steps.values()] });
  }

  begin(name: string): Promise<void> {
    return this.#put(name, { state: 'begun', runs: (this.steps.get(name)?.runs ?? 0) + 1 });
  }

  done(name: string, end: StepEnd): Promise<void> {
    if (end.commit) this.workflow = { ...this.workflow, committed: true };
    return this.#put(name, { state: 'done', output: end.output });
  }

  skipped(name: string): Promise<void> {
    return this.#put(name, { state: 'skipped' });
  }

  failed(name: string): Promise<void> {
    return this.#put(name, { state: 'failed' });
  }

  undone(name: string): Promise<void> {
    return this.#put(name, { state: 'undone' });
  }

  turnBack(error: AppError): Promise<void> {
    this.workflow = { ...this.workflow, direction: 'undo', reason: `${error.code}: ${error.message}` };
    return Promise.resolve();
  }

  #put(name: string, change: Partial<StepRecord>): Promise<void> {
    const before = this.steps.get(name) ?? { name, state: 'begun', output: undefined, runs: 0 };
    this.steps.set(name, { ...before, ...change });
    return Promise.resolve();
  }
}

const log = queueLog.child({}, { level: 'silent' });

function run(ledger: MemoryLedger, steps: readonly Step<string[]>[], signal = new AbortController().signal) {
  const context: string[] = [];
  const ended = runWorkflow(defineWorkflow('test', steps), { context, steps: ledger, signal, log });
  return { context, ended };
}

const noting = (name: string, thrown?: AppError): Step<string[]> =>
  step(name, {
    run: ({ context }) => {
      context.push(`run ${name}`);
      return thrown === undefined ? Promise.resolve({ from: name }) : Promise.reject(thrown);
    },
    undo: ({ context }) => {
      context.push(`undo ${name}`);
      return Promise.resolve();
    },
  });

const broken = precondition('test.broken', 'cannot work');
const passing = upstream('test.passing', 'try again');

describe('a workflow', () => {
  test('hands the outputs of earlier steps to later ones, also from an attempt before', async () => {
    const ledger = new MemoryLedger();
    const reader = (thrown?: AppError): Step<string[]> =>
      step('reader', {
        run: ({ outputs, context }) => {
          context.push(outputs.get('maker', z.object({ from: z.string() })).from);
          return thrown === undefined ? Promise.resolve(null) : Promise.reject(thrown);
        },
      });
    const first = run(ledger, [noting('maker'), reader(passing)]);
    await expect(first.ended).rejects.toBe(passing);
    const second = run(ledger, [noting('maker'), reader()]);
    await second.ended;

    expect(first.context).toEqual(['run maker', 'maker']);
    expect(second.context).toEqual(['maker']);
  });

  test('that meets an error which passes goes neither on nor back: another attempt decides', async () => {
    const ledger = new MemoryLedger();
    const { context, ended } = run(ledger, [noting('one'), noting('two', passing), noting('three')]);

    await expect(ended).rejects.toBe(passing);
    expect(context).toEqual(['run one', 'run two']);
    expect(ledger.workflow.direction).toBe('forward');
  });

  test('asks whether a step is its point of no return before that step begins', async () => {
    const ended = await Promise.all(
      [true, false].map(async (isPoint) => {
        const ledger = new MemoryLedger();
        const asked: string[] = [];
        const point = step<string[]>('point', noting('point').work, {
          pointOfNoReturn: ({ outputs }) => {
            asked.push(outputs.get('one', z.object({ from: z.string() })).from);
            return isPoint;
          },
        });
        const { ended: end } = run(ledger, [noting('one'), point, noting('two', broken)]);
        await expect(end).rejects.toBe(broken);
        return { asked, ...ledger.workflow };
      }),
    );

    expect(ended).toEqual([
      { asked: ['one'], committed: true, direction: 'forward', reason: null },
      { asked: ['one'], committed: false, direction: 'undo', reason: 'test.broken: cannot work' },
    ]);
  });

  test('that is parked leaves its step begun, and comes back to it', async () => {
    const ledger = new MemoryLedger();
    const wait = parked('job');
    await expect(run(ledger, [noting('one', wait)]).ended).rejects.toBe(wait);

    expect(ledger.steps.get('one')).toMatchObject({ state: 'begun', runs: 1 });
    expect(ledger.workflow.direction).toBe('forward');
  });

  test('stores that it turns back before it undoes anything', async () => {
    const ledger = new MemoryLedger();
    const watching = step<string[]>('watching', {
      run: () => Promise.resolve(null),
      undo: ({ context }) => {
        context.push(ledger.workflow.direction);
        return Promise.resolve();
      },
    });
    const { context, ended } = run(ledger, [watching, noting('two', broken)]);

    await expect(ended).rejects.toBe(broken);
    expect(context).toEqual(['run two', 'undo two', 'undo']);
  });

  test('that turned back in an attempt before only undoes, and ends with the first reason', async () => {
    const ledger = new MemoryLedger();
    await ledger.begin('one');
    await ledger.turnBack(cancelled('job.cancelled', 'somebody asked'));
    const { context, ended } = run(ledger, [noting('one'), noting('two')]);

    await expect(ended).rejects.toMatchObject({ kind: 'cancelled', code: 'job.cancelled', message: 'somebody asked' });
    expect(context).toEqual(['undo one']);
  });

  test('whose signal aborted throws the reason, whatever broke because of it', async () => {
    const ledger = new MemoryLedger();
    const controller = new AbortController();
    const reason = new AppError('cancelled', ['job.cancelled', 'asked']);
    const breaking = step<string[]>('breaking', {
      run: () => {
        controller.abort(reason);
        return Promise.reject(new Error('socket closed'));
      },
    });

    await expect(run(ledger, [breaking], controller.signal).ended).rejects.toBe(reason);
    expect(ledger.steps.get('breaking')).toMatchObject({ state: 'begun' });
  });

  test('refuses to go on with steps that another version began', async () => {
    const ledger = new MemoryLedger();
    await ledger.begin('from-the-future');

    await expect(run(ledger, [noting('one')]).ended).rejects.toMatchObject({
      code: 'workflow.unknown-step',
      retry: 'later',
    });
  });

  test('cannot have two steps of one name, or two points of no return', () => {
    expect(() => defineWorkflow('twins', [noting('one'), noting('one')])).toThrow('two steps of one name');
    const final = (name: string): Step<string[]> =>
      step(name, { run: () => Promise.resolve(null) }, { pointOfNoReturn: true });
    expect(() => defineWorkflow('ends', [final('a'), final('b')])).toThrow('two points of no return');
  });
});
