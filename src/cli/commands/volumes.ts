import { collect } from '../client/pages.ts';
import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { findVm } from '../find-vm.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { volumeTable } from '../view/volume.ts';

const VOLUMES_MAX = 100_000;

export const volumes: Command = {
  help: `usage: migratekit volumes [VM] [options]
       migratekit volumes findings        where CloudStack says otherwise than our rows
       migratekit volumes adopt ID        give an orphaned volume to its disk
       migratekit volumes remove ID       delete a volume that nobody needs
       migratekit volumes operations      what was done to volumes

Lists target volumes: of which disk of which VM, where they are attached, and as which device. VM is a name, or the id
of a context.

  --vcenter HOST     with VM, where two vCenters have a VM of this name
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const arity = { least: 0, most: 1, what: 'VM' };
    const { values, positionals } = parseOptions(args, { vcenter: { type: 'string' } }, arity);
    const api = await openApi(context, values.lab);
    const [name] = positionals;
    const contextId = name === undefined ? undefined : (await findVm(api, name, values.vcenter)).context.context_id;
    const { rows } = await collect(VOLUMES_MAX, async (page) => {
      const answer = await api.volumes({ context_id: contextId, ...page });
      return { rows: answer.volumes, total: answer.count, next: answer.next_cursor };
    });
    if (values.json) outJson(terminal, { count: rows.length, volumes: rows });
    else if (rows.length === 0) terminal.err('no volumes: the first replication of a VM makes them');
    else for (const line of volumeTable(rows, terminal)) terminal.out(line);
    return EXIT.done;
  },
};
