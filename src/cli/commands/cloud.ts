import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { allClouds } from '../find-cloud.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { cloudTable } from '../view/cloud.ts';

export const cloud: Command = {
  help: `usage: migratekit cloud [options]
       migratekit cloud configure NAME    save or change a configuration
       migratekit cloud discover [NAME]   what there is to choose from
       migratekit cloud test [NAME]       whether it is fit
       migratekit cloud show NAME         one configuration, whole
       migratekit cloud use NAME          send new replications there

Lists the configurations of CloudStack, by name, without their keys. New replications go to the active one; VMs that
have volumes in another one stay with it.

${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values } = parseOptions(args, {});
    const found = await allClouds(await openApi(context, values.lab));
    if (values.json) outJson(terminal, { count: found.length, configs: found });
    else if (found.length === 0) terminal.err('no CloudStack is configured: migratekit cloud configure saves one');
    else for (const line of cloudTable(found, terminal)) terminal.out(line);
    return EXIT.done;
  },
};
