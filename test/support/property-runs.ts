/**
 * How often a property of copies is tried. In CI a few times, always with the same cases; with COPY_PROPERTY_RUNS=N in
 * the environment N times, with cases that nobody has seen before (a failure prints the seed).
 */
export function propertyRuns(usual: number): { numRuns: number; seed?: number; endOnFailure: boolean } {
  const wished = Number(process.env['COPY_PROPERTY_RUNS'] ?? 0);
  return wished > 0
    ? { numRuns: wished, endOnFailure: false }
    : { numRuns: usual, seed: 20_261_122, endOnFailure: true };
}
