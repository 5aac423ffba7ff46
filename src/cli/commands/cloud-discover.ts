import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { cloudId } from '../find-cloud.ts';
import { COMMON_HELP, parseOptions, usage } from '../options.ts';
import { KEY_OPTIONS, KEY_OPTIONS_HELP, takeKeys } from '../session/cloud-keys.ts';
import { discoveredPage } from '../view/cloud.ts';
import { plainText } from '../view/text.ts';

export const cloudDiscover: Command = {
  help: `usage: migratekit cloud discover [NAME] [options]
       migratekit cloud discover --url URL [options]

Shows what a CloudStack has to choose from: zones, offerings with a custom size, small templates, networks, and which VM
is this appliance. Without NAME and --url it asks the active configuration. With --url the keys are asked for on the
terminal, used once and not stored.

  --url URL          address of CloudStack; http:// and /client/api are added where they are missing
${KEY_OPTIONS_HELP}
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal, signal } = context;
    const options = { url: { type: 'string' }, ...KEY_OPTIONS } as const;
    const { values, positionals } = parseOptions(args, options, { least: 0, most: 1, what: 'NAME' });
    const [name] = positionals;
    if (name !== undefined && values.url !== undefined) throw usage('NAME and --url exclude each other');
    const api = await openApi(context, values.lab);
    const asked =
      values.url === undefined
        ? { config_id: await cloudId(api, name) }
        : { api_url: values.url, ...(await takeKeys(values, signal)) };
    const found = await api.discoverCloud(asked);
    if (values.json) outJson(terminal, found);
    else if (found.success) for (const line of discoveredPage(found, terminal)) terminal.out(line);
    else {
      terminal.err(plainText(`${found.error ?? ''} (${found.error_code ?? ''})`));
      if (found.hint !== null) terminal.err(plainText(`  hint: ${found.hint}`));
    }
    return found.success ? EXIT.done : EXIT.failed;
  },
};
