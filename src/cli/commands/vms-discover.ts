import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { credentialId } from '../find-credential.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { plainText } from '../view/text.ts';
import { findingLines, foundTable } from '../view/vcenter.ts';

export const vmsDiscover: Command = {
  help: `usage: migratekit vms discover [options]

Lists the VMs of a vCenter: new ones can be added, existing ones are known, those with a problem cannot be added as they
are; what there is to know about each is told below the table. Changes nothing: migratekit vms add does.

  --credential NAME   a saved account (migratekit credentials); without it the default one
  --datacenter NAME   another datacenter than that of the account
  --filter TEXT       only VMs with this in their names
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values } = parseOptions(args, {
      credential: { type: 'string' },
      datacenter: { type: 'string' },
      filter: { type: 'string' },
    });
    const api = await openApi(context, values.lab);
    const { credential, datacenter, filter } = values;
    const id = await credentialId(api, credential);
    const found = await api.preview({ credential_id: id, datacenter, filter });
    if (values.json) {
      outJson(terminal, found);
      return EXIT.done;
    }
    for (const line of found.vms.length === 0 ? [] : foundTable(found.vms, terminal)) terminal.out(line);
    const { total_discovered: total, new_vms: fresh, existing_vms: existing, problem_vms: problems } = found;
    const where = plainText(`${found.datacenter} at ${found.vcenter}`);
    for (const line of findingLines(found.vms)) terminal.err(line);
    terminal.err(`${total} VMs in ${where}: ${fresh} new, ${existing} existing, ${problems} with a problem`);
    return EXIT.done;
  },
};
