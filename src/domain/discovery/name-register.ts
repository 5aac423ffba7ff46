import type { KnownVm } from './judge.ts';

/** Which names are taken: within one vCenter host, a name belongs to one context. */
export class NameRegister {
  /** Where new VMs are added. */
  readonly host: string;
  readonly #holders = new Map<string, string>();

  constructor(host: string, known: readonly KnownVm[]) {
    this.host = host;
    for (const vm of known) this.#holders.set(keyOf(vm.vcenterHost, vm.vmName), vm.contextId);
  }

  /** The context that has the name; undefined when it is free. */
  holderOf(host: string, name: string): string | undefined {
    return this.#holders.get(keyOf(host, name));
  }

  /** Of a VM that becomes known. */
  take(name: string, holder: string): void {
    this.#holders.set(keyOf(this.host, name), holder);
  }

  /**
   * Gives contexts their new names, where those are or become free: a name that one gives up another may take. Two
   * that have swapped names keep the old ones.
   * @returns those that have a new name
   */
  rename(wanted: readonly { readonly context: KnownVm; readonly name: string }[]): ReadonlySet<string> {
    const renamed = new Set<string>();
    let open = wanted.filter(({ context, name }) => context.vmName !== name);
    for (;;) {
      const possible = open.filter(({ context, name }) => this.#move(context, name));
      if (possible.length === 0) return renamed;
      for (const { context } of possible) renamed.add(context.contextId);
      open = open.filter((one) => !possible.includes(one));
    }
  }

  #move({ vcenterHost, vmName, contextId }: KnownVm, name: string): boolean {
    if (this.#holders.has(keyOf(vcenterHost, name))) return false;
    this.#holders.delete(keyOf(vcenterHost, vmName));
    this.#holders.set(keyOf(vcenterHost, name), contextId);
    return true;
  }
}

/** Hosts as the database compares them; names byte by byte. */
const keyOf = (host: string, name: string): string => `${host.toLowerCase()} ${name}`;
