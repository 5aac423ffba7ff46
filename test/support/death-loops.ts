import { Random } from './random.ts';
import type { Scenario, StepDeaths } from './step-deaths.ts';

/**
 * How much of the deaths of a workflow a run tries, as an environment variable says: nothing is one job per scenario in
 * which the worker of each step dies, a number is so many rounds of a job per step, `all` is each moment there is.
 */
export class DeathLoop {
  readonly #wish: string;
  readonly #random: Random;

  constructor(wish: string | undefined, seed: string | undefined) {
    this.#wish = wish ?? 'some';
    this.#random = new Random(Number(seed ?? 20_261_123));
  }

  /** Of the whole test, in ms. Only a defect reaches it. */
  get limitMs(): number {
    if (this.#wish === 'all') return 14_400_000;
    return 1_200_000 * (this.#wish === 'some' ? 1 : Number(this.#wish));
  }

  async run<C>(deaths: StepDeaths<C>, scenarios: readonly Scenario[]): Promise<void> {
    const rounds = this.#wish === 'some' || this.#wish === 'all' ? 1 : Number(this.#wish);
    for (let round = 0; round < rounds; round += 1) {
      for (const scenario of scenarios) {
        await this.#once(deaths, scenario);
        if (this.#wish !== 'some') process.stdout.write(`${scenario.name}: ${JSON.stringify(deaths.tally)}\n`);
      }
    }
    deaths.expectEveryStep();
  }

  #once<C>(deaths: StepDeaths<C>, scenario: Scenario): Promise<void> {
    if (this.#wish === 'all') return deaths.dieEverywhere(scenario);
    return this.#wish === 'some'
      ? deaths.dieAllTheWay(scenario, this.#random)
      : deaths.dieInEachStep(scenario, this.#random);
  }
}
