import { AppError } from '../base/errors.ts';
import type { Api } from './client/api.ts';
import { collect } from './client/pages.ts';

/** More names than this are not worth the wait: the ids of their contexts begin with the names. */
const NAMES_MAX = 1_000;

/** Names of VMs by the id of their context. Empty when the API does not tell: a table is as good with ids. */
export async function vmNames(api: Api, wanted: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  if (wanted.size === 0) return new Map();
  try {
    const { rows } = await collect(NAMES_MAX, async (page) => {
      const answer = await api.vms(page);
      return { rows: answer.vm_contexts, total: answer.count, next: answer.next_cursor };
    });
    return new Map(rows.filter((vm) => wanted.has(vm.context_id)).map((vm) => [vm.context_id, vm.vm_name]));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return new Map();
  }
}

/** The name of one VM; undefined when it has none or the API does not tell. */
export async function vmNameOf(api: Api, contextId: string | null): Promise<string | undefined> {
  if (contextId === null) return undefined;
  try {
    return (await api.vmById(contextId)).context.vm_name;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return undefined;
  }
}
