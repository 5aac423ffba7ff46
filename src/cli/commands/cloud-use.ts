import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { findCloud } from '../find-cloud.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { plainText } from '../view/text.ts';

export const cloudUse: Command = {
  help: `usage: migratekit cloud use NAME [options]

Makes a configuration the active one: new replications go there. The one that was active is not any more; VMs that have
volumes in it, and jobs that run, stay with it.

${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values, positionals } = parseOptions(args, {}, { least: 1, most: 1, what: 'NAME' });
    const api = await openApi(context, values.lab);
    const { id } = await findCloud(api, positionals[0] ?? '');
    const used = await api.cloudConfig({ action: 'update', id, config: { is_active: true } });
    if (values.json) outJson(terminal, used);
    else terminal.out(plainText(used.message));
    return EXIT.done;
  },
};
