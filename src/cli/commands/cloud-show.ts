import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { findCloud } from '../find-cloud.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { cloudPage } from '../view/cloud.ts';

export const cloudShow: Command = {
  help: `usage: migratekit cloud show NAME [options]

Shows a configuration of CloudStack, without its keys.

${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values, positionals } = parseOptions(args, {}, { least: 1, most: 1, what: 'NAME' });
    const found = await findCloud(await openApi(context, values.lab), positionals[0] ?? '');
    if (values.json) outJson(terminal, found);
    else for (const line of cloudPage(found)) terminal.out(line);
    return EXIT.done;
  },
};
