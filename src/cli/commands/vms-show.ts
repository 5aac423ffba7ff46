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
    else for (const line of vmPage(vm, terminal)) terminal.out(line);
    return EXIT.done;
  },
};
