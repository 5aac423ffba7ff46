/** Names of properties as their columns are called: what `select` of a query wants. */
export function columnsOf(properties: readonly string[]): string[] {
  return properties.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}
