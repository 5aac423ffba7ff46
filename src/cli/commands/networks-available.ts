import { collect } from '../client/pages.ts';
import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { networkTable } from '../view/cloud.ts';

const NETWORKS_MAX = 100_000;

export const networksAvailable: Command = {
  help: `usage: migratekit networks available [options]

Lists the networks of the active cloud that mappings may lead to, by name.

${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values } = parseOptions(args, {});
    const api = await openApi(context, values.lab);
    const { rows } = await collect(NETWORKS_MAX, async (page) => {
      const answer = await api.networks(page);
      return { rows: answer.data, total: answer.count, next: answer.next_cursor };
    });
    if (values.json) outJson(terminal, { count: rows.length, networks: rows });
    else for (const line of networkTable(rows, terminal)) terminal.out(line);
    return EXIT.done;
  },
};
