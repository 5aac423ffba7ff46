/** Records as they travel: snake_case names, times as UTC ISO strings; everything else unchanged. */

export function wire(record: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [snakeCase(name), wireValue(value)]));
}

/** The same for a document: the names in it, too, however deep. */
export function wireDocument(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(wireDocument);
  if (typeof value !== 'object' || value === null || value instanceof Date) return wireValue(value);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [snakeCase(name), wireDocument(inner)]));
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const wireValue = (value: unknown): unknown => (value instanceof Date ? value.toISOString() : value);
