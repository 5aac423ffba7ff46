import { AsyncLocalStorage } from 'node:async_hooks';
import { z } from 'zod';
import type { Knex } from '../../src/db/knex.ts';
import type { JobRun, Processor } from '../../src/queues/define-job.ts';

/**
 * Real work in a process that kills itself the hard way at a chosen moment, so that nothing is tidied up. It stands on
 * the ledger of steps and on what the process asks of others, and knows no workflow: see step-deaths.ts.
 */

/** Not the name of any step: all that happens once a workflow has turned back. */
export const WAY_BACK = 'the way back';
/** Names the undo of a step: it has an `end` and a `recorded` only; its inside is the way back's. */
export const undoOf = (step: string): string => `undo of ${step}`;

/**
 * `before`: its turn has come and nothing is recorded; `begin`: it was just entered; `inside`: at a boundary of its work;
 * `end`: its work is done and that is not recorded yet; `recording`: that and its rows are written and not committed
 * yet; `recorded`: its end is recorded.
 */
export const Death = z.object({
  /** Name of a step, or of an undo, or WAY_BACK, which has an `inside` only. */
  step: z.string(),
  at: z.enum(['before', 'begin', 'inside', 'end', 'recording', 'recorded']),
  /** Of `inside`: the statement to the database or request to a daemon, counted from 1; before it is sent or once it is answered. */
  boundary: z.int().positive().optional(),
  when: z.enum(['before', 'after']).optional(),
  /** Where the step has fewer boundaries, it dies at its end. Not for the way back. */
  orEnd: z.boolean().optional(),
});
export type Death = z.output<typeof Death>;

/** Where one run of a job is. */
interface Place {
  step: string | undefined;
  boundaries: number;
}

async function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

/** Makes work mortal. One per process: it listens to `db` and to every request from now on. */
export function mortality(db: Knex, death: Death | undefined): <P, R>(work: Processor<P, R>) => Processor<P, R> {
  if (death === undefined) return (work) => work;
  const places = new AsyncLocalStorage<Place>();
  if (death.at === 'inside') watchBoundaries({ db, places, death });
  return (work) => (run) => {
    const place: Place = { step: undefined, boundaries: 0 };
    return places.run(place, () => work(dyingRun(run, { place, death })));
  };
}

/** Not every statement tells of its answer: BEGIN and COMMIT do not, and are over when the next one comes. */
const isPast = ({ step, boundaries }: Place, death: Death): boolean =>
  death.at === 'inside' && death.when === 'after' && step === death.step && boundaries === death.boundary;

function dyingRun<P>(run: JobRun<P>, { place, death }: { place: Place; death: Death }): JobRun<P> {
  const { steps } = run;
  const dieAt = async (step: string, at: Death['at']): Promise<void> => {
    if (step === death.step && at === death.at) await die();
  };
  const enter = (step: string | undefined): void => void Object.assign(place, { step, boundaries: 0 });
  return {
    ...run,
    steps: {
      ...steps,
      async load() {
        const loaded = await steps.load();
        if (loaded.workflow.direction === 'undo' && place.step !== WAY_BACK) enter(WAY_BACK);
        return loaded;
      },
      async turnBack(error) {
        enter(WAY_BACK);
        await steps.turnBack(error);
      },
      async begin(name) {
        await dieAt(name, 'before');
        await steps.begin(name);
        enter(name);
        await dieAt(name, 'begin');
      },
      async skipped(name) {
        await dieAt(name, 'before');
        await steps.skipped(name);
        // It has no other moments.
        if (name === death.step) await die();
      },
      async undone(name) {
        await dieAt(undoOf(name), 'end');
        await steps.undone(name);
        await dieAt(undoOf(name), 'recorded');
      },
      async done(name, end) {
        if (isPast(place, death) || (name === death.step && death.orEnd === true)) await die();
        enter(undefined);
        await dieAt(name, 'end');
        const rows: typeof end.rows = async (trx) => {
          await end.rows?.(trx);
          await dieAt(name, 'recording');
        };
        await steps.done(name, { ...end, rows });
        await dieAt(name, 'recorded');
      },
    },
  };
}

/** As knex tells of it. */
interface Statement {
  readonly __knexQueryUid?: string;
}

/** Statements to the database, and requests to the daemons, on behalf of a step. */
function watchBoundaries({ db, places, death }: { db: Knex; places: AsyncLocalStorage<Place>; death: Death }): void {
  /** The number of the boundary that begins here, where it is one of the step. */
  const cross = (): number | undefined => {
    const place = places.getStore();
    if (place?.step !== death.step) return undefined;
    if (isPast(place, death)) void die();
    place.boundaries += 1;
    return place.boundaries;
  };
  const dieIf = (boundary: number | undefined, when: Death['when']): void => {
    if (boundary === death.boundary && when === death.when) void die();
  };
  const statements = new Map<string, number>();
  db.on('query', ({ __knexQueryUid: id }: Statement) => {
    const boundary = cross();
    if (boundary === undefined) return;
    dieIf(boundary, 'before');
    if (id !== undefined) statements.set(id, boundary);
  });
  db.on('query-response', (_response: unknown, { __knexQueryUid: id = '' }: Statement) => {
    dieIf(statements.get(id), 'after');
    statements.delete(id);
  });
  const { fetch } = globalThis;
  globalThis.fetch = async (...request) => {
    const boundary = cross();
    if (boundary === undefined) return fetch(...request);
    dieIf(boundary, 'before');
    const response = await fetch(...request);
    dieIf(boundary, 'after');
    return response;
  };
}
