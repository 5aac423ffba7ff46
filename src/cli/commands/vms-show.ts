import type { VmDetail } from '../client/answers.ts';
import type { Api } from '../client/api.ts';
import type { Failover } from '../client/failover-answers.ts';
import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { findVm } from '../find-vm.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { vmPage } from '../view/vm.ts';

export const vmsShow: Command = {
  help: `usage: migratekit vms show VM [options]

VM is a name, or the id of a context.

  --vcenter HOST     where two vCenters have a VM of this name
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const arity = { least: 1, most: 1, what: 'VM' };
    const { values, positionals } = parseOptions(args, { vcenter: { type: 'string' } }, arity);
    const api = await openApi(context, values.lab);
    const vm = await findVm(api, positionals[0] ?? '', values.vcenter);
    if (values.json) outJson(terminal, vm);
    else for (const line of vmPage(vm, await lastFailoverOf(api, vm), terminal)) terminal.out(line);
    return EXIT.done;
  },
};

const DECIDED: ReadonlySet<string> = new Set(['failed_over_test', 'failed_over_live', 'cleanup_required', 'completed']);

/** Where a VM is not where it is replicated, what made it so. */
async function lastFailoverOf(api: Api, { context }: VmDetail): Promise<Failover | undefined> {
  if (!DECIDED.has(context.current_status)) return undefined;
  return (await api.failovers({ vm_id: context.context_id, limit: 1 })).data[0];
}
