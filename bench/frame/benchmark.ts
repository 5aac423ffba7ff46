import { rounded } from './statistics.ts';

/** One figure beside what it should be. A target is told, never enforced: machines differ. */
export interface Figure {
  readonly value: number;
  readonly target: string;
  readonly met: boolean;
}

export interface Benchmark {
  readonly name: string;
  /** One line for the list. */
  readonly what: string;
  /** `say` prints a line of progress. @returns what goes into the JSON object */
  readonly run: (say: (line: string) => void) => Promise<Record<string, unknown>>;
}

export const atLeast = (value: number, target: number): Figure => ({
  value: rounded(value),
  target: `>= ${target}`,
  met: value >= target,
});

export const below = (value: number, target: number): Figure => ({
  value: rounded(value),
  target: `< ${target}`,
  met: value < target,
});

export const atMost = (value: number, target: number): Figure => ({
  value: rounded(value),
  target: `<= ${target}`,
  met: value <= target,
});
