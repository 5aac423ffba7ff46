import { expect } from '@jest/globals';
import type { Knex } from '../../src/db/knex.ts';
import type { JobRecord } from '../../src/db/stores/job-rows.ts';
import { findJob } from '../../src/db/stores/job-rows.ts';
import type { Workflow } from '../../src/workflow/define.ts';
import { jobStory } from './job-story.ts';
import { undoOf, WAY_BACK, type Death } from './mortal-work.ts';
import type { Random } from './random.ts';
import type { SpawnedWorker } from './replication-stand.ts';
import { until } from './until.ts';

/**
 * Every step of a workflow, with a worker that dies before, in and after it, and another one that goes on.
 *
 * To put a workflow under it: let the process of test/support/replication-worker-main.ts do its job (one `bindJob` with
 * `mortal` in replication-workers.ts); write a Scenario per way through the workflow (`begin` makes what the job needs
 * and submits it; `afterwards` looks, as an outsider, whether all is as after an undisturbed job); then
 * `dieInEachStep` for a part of the deaths by a seed, `dieEverywhere` for all of them, and `expectEveryStep` at the end.
 * `dieAllTheWay` is the cheap one: one job, and in each of its steps the worker that has it dies.
 * The steps come from the workflow itself, so a new one is covered from its first day, and one that no scenario enters
 * fails the test. A scenario with `goesBack` is of a job that turns back: there the worker dies on the way back, at each
 * of its statements and requests, whatever the steps are.
 */

export interface Trial {
  readonly jobId: string;
  /** Called while a worker lives, so that what the job has left to others ends, too. @throws where something is wrong */
  readonly afterwards: (job: JobRecord) => Promise<void>;
}

export interface Scenario {
  readonly name: string;
  /** Prepares whatever the job needs and asks for it; no worker lives. */
  readonly begin: () => Promise<Trial>;
  readonly goesBack?: boolean;
  /** The step that refuses to go on, where that ends the job: it has a beginning only, and none follows it. */
  readonly endsIn?: string;
  /** Like another scenario but for some steps: `dieAllTheWay` goes to some of its steps only, by chance. */
  readonly isVariant?: boolean;
}

/** Where workers live; see ReplicationStand. */
interface Workers {
  readonly db: Knex;
  spawnWorker(options: { readonly death: Death }): SpawnedWorker;
  withWorker<T>(work: () => Promise<T>): Promise<T>;
  ended(jobId: string): Promise<JobRecord>;
}

/** Moments that every step has. */
const MOMENTS = ['before', 'begin', 'end', 'recording', 'recorded'] as const;
const FIRST_MOMENTS = ['before', 'begin'] as const;
const UNDO_MOMENTS = ['end', 'recorded'] as const;
const PART_OF_VARIANT = 0.4;
/** More than any workflow has steps. */
const BEARS_DEATHS = 100;
/** More than any step has; only a loop that does not end reaches it. */
const BOUNDARIES_MAX = 400;
/** A step may have few boundaries or many. */
const SPANS = [6, 20, 80] as const;
/** So many has every way back: it reads the ledger, and writes at least one step as undone. */
const WAY_BACK_BOUNDARIES_MIN = 5;
/** The limit of every wait: only a defect reaches it. */
const PATIENCE_MS = 300_000;

export class StepDeaths<C> {
  /** How many workers died, by step and moment. */
  readonly tally: Record<string, Record<string, number>> = {};
  readonly #workers: Workers;
  readonly #workflow: Workflow<C>;

  constructor(workers: Workers, workflow: Workflow<C>) {
    this.#workers = workers;
    this.#workflow = workflow;
  }

  /** One death in each step that the scenario enters, at a moment by chance. */
  async dieInEachStep(scenario: Scenario, random: Random): Promise<void> {
    if (scenario.goesBack === true) {
      const boundary = random.between(1, WAY_BACK_BOUNDARIES_MIN);
      await this.#die(scenario, { step: WAY_BACK, at: 'inside', boundary, when: whenOf(random) });
      return;
    }
    for (const death of this.#deathsOf(scenario, random)) await this.#die(scenario, death);
  }

  /**
   * One job, and a death in each of its steps, at a moment by chance: whoever goes on dies in the next one. Of a job that
   * goes back one in each undo. It costs one job and a process per step, where `dieInEachStep` costs a job per step.
   */
  async dieAllTheWay(scenario: Scenario, random: Random): Promise<void> {
    const trial = await scenario.begin();
    const { db } = this.#workers;
    // How many deaths a job bears is another test's.
    await db('job_tracking').where({ id: trial.jobId }).update({ max_attempts: BEARS_DEATHS });
    const met: Death[] = [];
    await this.#told({ scenario, jobId: trial.jobId, deaths: met }, async () => {
      const isBack = scenario.goesBack === true;
      if (isBack) await this.#meet(trial, met, { step: WAY_BACK, at: 'inside', boundary: 1, when: whenOf(random) });
      const deaths = isBack
        ? (await begunSteps(db, trial.jobId)).map((step): Death => ({
            step: undoOf(step),
            at: random.of(UNDO_MOMENTS),
          }))
        : this.#deathsOf(scenario, random);
      const chosen = scenario.isVariant === true ? deaths.filter(() => random.chance(PART_OF_VARIANT)) : deaths;
      for (const death of chosen) await this.#meet(trial, met, death);
      await this.#goOn(trial);
    });
  }

  /** All moments of all steps that the scenario enters, and every boundary inside of them. */
  async dieEverywhere(scenario: Scenario): Promise<void> {
    if (scenario.goesBack === true) return this.#dieAllAlong(scenario, WAY_BACK);
    for (const step of this.#stepsOf(scenario)) {
      for (const at of step === scenario.endsIn ? FIRST_MOMENTS : MOMENTS) await this.#die(scenario, { step, at });
      await this.#dieAllAlong(scenario, step);
    }
  }

  #stepsOf({ endsIn }: Scenario): string[] {
    const steps = this.#workflow.steps.map(({ name }) => name);
    return endsIn === undefined ? steps : steps.slice(0, steps.indexOf(endsIn) + 1);
  }

  #deathsOf(scenario: Scenario, random: Random): Death[] {
    return this.#stepsOf(scenario).map((step) =>
      step === scenario.endsIn ? { step, at: random.of(FIRST_MOMENTS) } : deathIn(step, random),
    );
  }

  /** @throws where a step of the workflow was entered in no scenario: it is not covered */
  expectEveryStep(): void {
    const steps = this.#workflow.steps.map(({ name }) => name);
    expect(steps.filter((step) => this.tally[step] === undefined)).toEqual([]);
  }

  async #dieAllAlong(scenario: Scenario, step: string): Promise<void> {
    for (let boundary = 1, isDead = true; isDead; boundary += 1) {
      if (boundary > BOUNDARIES_MAX) throw new Error(`${step} does not end`);
      isDead = await this.#die(scenario, { step, at: 'inside', boundary, when: 'before' });
      if (isDead) await this.#die(scenario, { step, at: 'inside', boundary, when: 'after' });
    }
  }

  /** @returns whether somebody died; else the job ended before that moment came */
  async #die(scenario: Scenario, death: Death): Promise<boolean> {
    const trial = await scenario.begin();
    return this.#told({ scenario, jobId: trial.jobId, deaths: [death] }, async () => {
      const isDead = await this.#strike(trial.jobId, death);
      await this.#goOn(trial);
      this.#judge(death, isDead);
      return isDead;
    });
  }

  async #meet({ jobId }: Trial, met: Death[], death: Death): Promise<void> {
    met.push(death);
    this.#judge(death, await this.#strike(jobId, death));
  }

  /** Somebody who does not die. */
  async #goOn({ jobId, afterwards }: Trial): Promise<void> {
    await this.#workers.withWorker(async () => afterwards(await this.#workers.ended(jobId)));
  }

  /** Nobody is spared, but where there is no such boundary. */
  #judge(death: Death, isDead: boolean): void {
    if (isDead) this.#count(death);
    else if (death.at !== 'inside' || death.orEnd === true) throw new Error(`nobody died at ${JSON.stringify(death)}`);
  }

  async #told<T>(
    { scenario, jobId, deaths }: { scenario: Scenario; jobId: string; deaths: readonly Death[] },
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      const where = `${scenario.name} ${JSON.stringify(deaths)}`;
      throw new Error(`${where}: ${String(cause)}\n${await jobStory(this.#workers.db, jobId)}`, { cause });
    }
  }

  async #strike(jobId: string, death: Death): Promise<boolean> {
    await using worker = this.#workers.spawnWorker({ death });
    const gone = { isDead: false };
    void worker.died.then(() => (gone.isDead = true));
    const isClosed = async (): Promise<boolean> => (await findJob(this.#workers.db, jobId))?.dispatchState === 'closed';
    await until(async () => gone.isDead || (await isClosed()), {
      withinMs: PATIENCE_MS,
      what: `a death or the end of ${jobId}`,
    });
    return gone.isDead;
  }

  #count({ step, at }: Death): void {
    const ofStep = (this.tally[step] ??= {});
    ofStep[at] = (ofStep[at] ?? 0) + 1;
  }
}

const whenOf = (random: Random): 'before' | 'after' => random.of(['before', 'after']);

function deathIn(step: string, random: Random): Death {
  const inside = {
    at: 'inside',
    boundary: random.between(1, random.of(SPANS)),
    when: whenOf(random),
    orEnd: true,
  } as const;
  return { step, ...(random.chance(0.5) ? inside : { at: random.of(MOMENTS) }) };
}

/** Those that are to be undone, in the order in which they are. */
async function begunSteps(db: Knex, jobId: string): Promise<string[]> {
  return db('job_steps')
    .where({ job_id: jobId })
    .whereNot('status', 'skipped')
    .orderBy('seq', 'desc')
    .pluck<string[]>('name');
}
