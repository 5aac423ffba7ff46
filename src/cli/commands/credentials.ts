import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { allCredentials } from '../find-credential.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { credentialTable } from '../view/vcenter.ts';

export const credentials: Command = {
  help: `usage: migratekit credentials [options]
       migratekit credentials add NAME    save an account of a vCenter
       migratekit credentials test NAME   whether it signs in

Lists the accounts of vCenters, by name, without their passwords. VMS is the number of VMs that are read with it.

${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values } = parseOptions(args, {});
    const api = await openApi(context, values.lab);
    const found = await allCredentials(api);
    if (values.json) outJson(terminal, { count: found.length, credentials: found });
    else if (found.length === 0) terminal.err('no account is saved: migratekit credentials add saves one');
    else for (const line of credentialTable(found, terminal)) terminal.out(line);
    return EXIT.done;
  },
};
