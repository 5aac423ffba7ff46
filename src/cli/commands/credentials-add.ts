import { readFile } from 'node:fs/promises';
import { invalidRequest } from '../../base/errors.ts';
import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { COMMON_HELP, parseOptions, usage } from '../options.ts';
import { checkPasswordOptions, PASSWORD_OPTIONS, takePassword } from '../session/password.ts';
import { messageOf } from '../thrown.ts';
import { plainText } from '../view/text.ts';

export const credentialsAdd: Command = {
  help: `usage: migratekit credentials add NAME --vcenter HOST --username USER --datacenter NAME [options]

Saves an account of a vCenter. Its password is asked for on the terminal, and is never an argument: those can be seen by
others. Without --thumbprint and --ca-file the certificate of the vCenter must come from an authority of the system.

  --vcenter HOST      name or address, and :port where it is not 443
  --username USER     e.g. migratekit@vsphere.local
  --datacenter NAME   where VMs are looked for
  --thumbprint HEX    SHA-1 or SHA-256 of the one certificate that the vCenter may show
  --ca-file FILE      PEM certificates of the authorities that its certificate may come from
  --default           use it where none is named
  --password-stdin    the password is the first line of standard input
  --password-file F   the password is the first line of this file
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal, signal } = context;
    const { values, positionals } = parseOptions(
      args,
      {
        vcenter: { type: 'string' },
        username: { type: 'string' },
        datacenter: { type: 'string' },
        thumbprint: { type: 'string' },
        'ca-file': { type: 'string' },
        default: { type: 'boolean', default: false },
        ...PASSWORD_OPTIONS,
      },
      { least: 1, most: 1, what: 'NAME' },
    );
    const { vcenter, username, datacenter, thumbprint, 'ca-file': caFile } = values;
    if (vcenter === undefined || username === undefined || datacenter === undefined) {
      throw usage('--vcenter, --username and --datacenter are needed');
    }
    checkPasswordOptions(values);
    const api = await openApi(context, values.lab);
    const saved = await api.addCredential({
      credential_name: positionals[0] ?? '',
      vcenter_host: vcenter,
      username,
      datacenter,
      password: await takePassword(values, signal),
      vcenter_thumbprint: thumbprint ?? null,
      vcenter_ca: caFile === undefined ? null : await readAuthorities(caFile),
      is_active: true,
      is_default: values.default,
    });
    if (values.json) outJson(terminal, saved);
    else {
      terminal.out(`${plainText(saved.credential_name)} is saved`);
      terminal.err(`try it: migratekit credentials test ${plainText(saved.credential_name)}`);
    }
    return EXIT.done;
  },
};

async function readAuthorities(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw invalidRequest('cli.usage', `${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
