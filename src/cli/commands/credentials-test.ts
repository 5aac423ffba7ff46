import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { findCredential } from '../find-credential.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { plainText } from '../view/text.ts';

export const credentialsTest: Command = {
  help: `usage: migratekit credentials test NAME [options]

Signs in at the vCenter with a saved account and counts the VMs that it sees.

${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values, positionals } = parseOptions(args, {}, { least: 1, most: 1, what: 'NAME' });
    const api = await openApi(context, values.lab);
    const tested = await api.testCredential((await findCredential(api, positionals[0] ?? '')).id);
    if (values.json) outJson(terminal, tested);
    else if (tested.success) terminal.out(plainText(`${tested.message} (${tested.vcenter ?? '-'})`));
    else {
      terminal.err(plainText(`${tested.message}${tested.error_code === null ? '' : ` (${tested.error_code})`}`));
      if (tested.hint !== null) terminal.err(plainText(`  hint: ${tested.hint}`));
    }
    return tested.success ? EXIT.done : EXIT.failed;
  },
};
