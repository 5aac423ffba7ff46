/** vCenter keeps three characters of a name escaped, because they mean something in a path. Source: vSphere API, ManagedEntity.name. */
const ESCAPED: ReadonlyMap<string, string> = new Map([
  ['%2f', '/'],
  ['%5c', '\\'],
  ['%25', '%'],
]);

/** The name as people see it. A path keeps the escapes: a slash in a name would else be one too many. */
export function decodeName(name: string): string {
  return name.replace(/%(?:2f|5c|25)/gi, (escaped) => ESCAPED.get(escaped.toLowerCase()) ?? escaped);
}
