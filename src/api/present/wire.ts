/** Records as they travel: snake_case names, times as UTC ISO strings; everything else unchanged. */

export function wire(record: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [snakeCase(name), wireValue(value)]));
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const wireValue = (value: unknown): unknown => (value instanceof Date ? value.toISOString() : value);
