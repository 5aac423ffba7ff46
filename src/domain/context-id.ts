/** Room for the suffix and the 64 characters of the column. */
const NAME_MAX = 36;

/**
 * `ctx-{vm name}-{YYYYMMDD}-{HHMMSS}`, UTC. Characters of the name that mean something in a URL become hyphens, and
 * long names are cut, so two VMs may get the same id: `suffix` then tells them apart.
 */
export function contextId(vmName: string, at: Date, suffix?: string): string {
  const name = vmName.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, NAME_MAX);
  const stamp = at.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return suffix === undefined ? `ctx-${name}-${stamp}` : `ctx-${name}-${stamp}-${suffix}`;
}
