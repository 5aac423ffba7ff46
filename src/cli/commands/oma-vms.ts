import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { omaVmTable, waitLines } from '../view/volume.ts';

export const omaVms: Command = {
  help: `usage: migratekit oma-vms [options]
       migratekit oma-vms forget VM       forget one that is gone for good

Lists the VMs that target volumes are attached to, with their places for data disks: held by jobs, in use by other work,
idle (detached when somebody needs the place), and foreign (disks of others); then the jobs that wait for places.

${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values } = parseOptions(args, {});
    const api = await openApi(context, values.lab);
    const answer = await api.attachSlots();
    if (values.json) {
      outJson(terminal, answer);
      return EXIT.done;
    }
    if (answer.oma_vms.length === 0) terminal.err('no OMA VM: a volume daemon registers its own when it starts');
    else for (const line of omaVmTable(answer.oma_vms, terminal)) terminal.out(line);
    for (const line of waitLines(answer.waiting)) terminal.out(line);
    return EXIT.done;
  },
};
