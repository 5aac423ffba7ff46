import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { plainText } from '../view/text.ts';

export const volumesAdopt: Command = {
  help: `usage: migratekit volumes adopt ID [options]

Gives an orphaned volume to the disk that its name tells, when that disk has no volume and the sizes fit. What it holds
counts as unknown: the next copy of the disk is of all of it. ID is that of the volume in CloudStack.

${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values, positionals } = parseOptions(args, {}, { least: 1, most: 1, what: 'ID' });
    const api = await openApi(context, values.lab);
    const adopted = await api.adoptVolume(positionals[0] ?? '');
    const { volume_id: id, vm_context_id: vm, disk_id: disk } = adopted;
    if (values.json) outJson(terminal, adopted);
    else terminal.out(plainText(`${id} is the volume of ${disk} of ${vm}; its next copy is of all of it`));
    return EXIT.done;
  },
};
