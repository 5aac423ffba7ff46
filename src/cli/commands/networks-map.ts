import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { plainText } from '../view/text.ts';

export const networksMap: Command = {
  help: `usage: migratekit networks map VM SOURCE DESTINATION [options]

Lets the network SOURCE of a VM lead to the network DESTINATION of the active cloud, for live failovers, or with --test
for test failovers. DESTINATION is a name or an id. A mapping that is there is replaced. Test and live failovers of a VM
may not share a network, where a test VM would take the address of the live one, unless --force says so.

  --test             for test failovers
  --force            let test and live failovers share the network
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values, positionals } = parseOptions(
      args,
      { test: { type: 'boolean', default: false }, force: { type: 'boolean', default: false } },
      { least: 3, most: 3, what: 'VM SOURCE DESTINATION' },
    );
    const [vm = '', source = '', destination = ''] = positionals;
    const api = await openApi(context, values.lab);
    const { data: network } = await api.resolveNetwork(destination);
    const saved = await api.saveMapping({
      vm_id: vm,
      source_network_name: source,
      destination_network_id: network.id,
      destination_network_name: network.name,
      is_test_network: values.test,
      force: values.force,
    });
    if (values.json) outJson(terminal, saved.data);
    else terminal.out(plainText(saved.message));
    return EXIT.done;
  },
};
