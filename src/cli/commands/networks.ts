import { collect } from '../client/pages.ts';
import type { Api } from '../client/api.ts';
import type { Mapping } from '../client/cloud-answers.ts';
import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { mappingTable } from '../view/cloud.ts';
import { plainText } from '../view/text.ts';

/** A few per VM. */
const MAPPINGS_MAX = 100_000;

export const networks: Command = {
  help: `usage: migratekit networks [VM] [options]
       migratekit networks available               networks of the cloud
       migratekit networks map VM SOURCE DESTINATION   let a network of a VM lead to one of the cloud
       migratekit networks unmap VM SOURCE             forget where it leads

Lists where the networks of VMs lead in the cloud, for live and for test failovers; of one VM also which are missing.
VM is a name, or the id of a context.

${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values, positionals } = parseOptions(args, {}, { least: 0, most: 1, what: 'VM' });
    const api = await openApi(context, values.lab);
    const [vm] = positionals;
    const found = vm === undefined ? await allMappings(api) : (await api.mappingsOfVm(vm)).data;
    if (values.json) outJson(terminal, { count: found.length, mappings: found });
    else if (found.length > 0) for (const line of mappingTable(found, terminal)) terminal.out(line);
    else terminal.err('no network is mapped: migratekit networks map does it');
    if (vm !== undefined && !values.json) for (const line of await missingLines(api, vm)) terminal.err(line);
    return EXIT.done;
  },
};

async function allMappings(api: Api): Promise<readonly Mapping[]> {
  const { rows } = await collect(MAPPINGS_MAX, async (page) => {
    const answer = await api.mappings(page);
    return { rows: answer.data, total: answer.count, next: answer.next_cursor };
  });
  return rows;
}

async function missingLines(api: Api, vm: string): Promise<string[]> {
  const { data } = await api.mappingStatus(vm);
  const lines: [kind: string, names: readonly string[]][] = [
    ['live', data.unmapped_networks],
    ['test', data.unmapped_test_networks],
  ];
  return lines
    .filter(([, names]) => names.length > 0)
    .map(([kind, names]) => plainText(`not mapped for ${kind} failovers: ${names.join(', ')}`));
}
