/** Numbers of a run, small enough to be read by a person. */

export interface Latencies {
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
}

export const median = (values: readonly number[]): number => percentile(values, 50);

/** Nearest rank: a value that was really measured. NaN of nothing. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.max(0, rank - 1)] ?? Number.NaN;
}

export function latencies(values: readonly number[]): Latencies {
  return {
    p50_ms: rounded(percentile(values, 50)),
    p95_ms: rounded(percentile(values, 95)),
    p99_ms: rounded(percentile(values, 99)),
    max_ms: rounded(percentile(values, 100)),
  };
}

/** Three significant digits. */
export const rounded = (value: number): number => Number(value.toPrecision(3));
