import type { Api } from '../client/api.ts';
import { outJson } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { credentialId } from '../find-credential.ts';
import { usage } from '../options.ts';
import type { Terminal } from '../terminal.ts';
import { plainText } from '../view/text.ts';

/** `vms add` of VMs that a vCenter has. */

export interface AddDiscovered {
  readonly credential: string | undefined;
  readonly datacenter: string | undefined;
  readonly filter: string | undefined;
  readonly all: boolean;
  readonly names: readonly string[];
  readonly json: boolean;
}

interface Outcome {
  readonly added: readonly { readonly vm_name: string; readonly context_id: string | null }[];
  readonly existing: readonly { readonly vm_name: string; readonly context_id: string | null }[];
  readonly failed: readonly { readonly vm_name: string; readonly error: string | null }[];
}

/** @returns the exit status: 1 when one of them was not added */
export async function addDiscovered(api: Api, terminal: Terminal, asked: AddDiscovered): Promise<number> {
  if (asked.all === asked.names.length > 0) throw usage('expected either VM..., or --all');
  const id = await credentialId(api, asked.credential);
  const account = { credential_id: id, datacenter: asked.datacenter };
  const { answer, outcome } = asked.all
    ? await addAll(api, account, asked.filter)
    : await addNamed(api, account, asked);
  if (asked.json) outJson(terminal, answer);
  else show(terminal, outcome);
  return outcome.failed.length === 0 ? EXIT.done : EXIT.failed;
}

interface Account {
  readonly credential_id: number;
  readonly datacenter: string | undefined;
}

async function addNamed(api: Api, account: Account, { names, filter }: AddDiscovered) {
  if (filter !== undefined) throw usage('--filter goes with --all');
  const answer = await api.addDiscovered({ ...account, vm_names: [...names] });
  const of = (success: boolean, existing: boolean) =>
    answer.processed_vms.filter((vm) => vm.success === success && vm.existing === existing);
  return { answer, outcome: { added: of(true, false), existing: of(true, true), failed: of(false, false) } };
}

async function addAll(api: Api, account: Account, filter: string | undefined) {
  const answer = await api.discover({ ...account, filter, create_context: true });
  const result = answer.addition_result;
  const [added, existing, failed] = [result?.added_vms, result?.skipped_vms, result?.failed_vms];
  return { answer, outcome: { added: added ?? [], existing: existing ?? [], failed: failed ?? [] } };
}

function show(terminal: Terminal, { added, existing, failed }: Outcome): void {
  for (const vm of added) terminal.out(plainText(`${vm.vm_name} is known as ${vm.context_id ?? '-'}`));
  for (const vm of failed) terminal.err(plainText(`${vm.vm_name}: ${vm.error ?? 'not added'}`));
  terminal.err(`${added.length} added, ${existing.length} known already, ${failed.length} not added`);
}
