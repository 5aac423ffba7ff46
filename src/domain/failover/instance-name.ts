/** How the VM of a failover is called in CloudStack: the name is its host name, too. Pure. */

const LENGTH_MAX = 63;

/**
 * exact: the name of the source VM, as far as a host name can be that. suffixed: with `-test-{seconds}`, so that no two
 * tests share one.
 */
export function instanceName(
  vmName: string,
  naming: 'exact' | 'suffixed',
  now: { readonly unixSeconds: number },
): string {
  const suffix = naming === 'suffixed' ? `-test-${now.unixSeconds}` : '';
  const plain = vmName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '');
  const base = plain === '' ? 'vm' : plain;
  return base.slice(0, LENGTH_MAX - suffix.length).replace(/-+$/, '') + suffix;
}
