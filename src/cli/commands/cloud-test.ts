import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { cloudId } from '../find-cloud.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { plainText } from '../view/text.ts';

export const cloudTest: Command = {
  help: `usage: migratekit cloud test [NAME] [options]

Signs in at CloudStack with a saved configuration, the active one where none is named, and checks four things: which VM
is this appliance, do the keys belong to the account of that VM, has the compute offering a custom size, does the
network exist. The exit status is 1 when a check fails.

${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values, positionals } = parseOptions(args, {}, { least: 0, most: 1, what: 'NAME' });
    const api = await openApi(context, values.lab);
    const checked = await api.validateCloud({ config_id: await cloudId(api, positionals[0]) });
    if (values.json) outJson(terminal, checked);
    else if (checked.error_code !== null) {
      terminal.err(plainText(`${checked.message} (${checked.error_code})`));
      if (checked.hint !== null) terminal.err(plainText(`  hint: ${checked.hint}`));
    } else {
      for (const [name, check] of Object.entries(checked.result)) {
        if (typeof check !== 'string') terminal.out(plainText(line(name, check)));
      }
      terminal.out(plainText(checked.message));
    }
    return checked.success ? EXIT.done : EXIT.failed;
  },
};

const line = (name: string, { status, message }: { readonly status: string; readonly message: string }): string =>
  `${status.padEnd(8)} ${name.replaceAll('_', ' ')}: ${message}`;
