import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { plainText } from '../view/text.ts';

export const networksUnmap: Command = {
  help: `usage: migratekit networks unmap VM SOURCE [options]

Forgets where the network SOURCE of a VM leads in live failovers, or with --test in test failovers; the other stays.

  --test             for test failovers
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const arity = { least: 2, most: 2, what: 'VM SOURCE' };
    const { values, positionals } = parseOptions(args, { test: { type: 'boolean', default: false } }, arity);
    const [vm = '', source = ''] = positionals;
    const api = await openApi(context, values.lab);
    const done = await api.deleteMapping(vm, source, values.test);
    if (values.json) outJson(terminal, done);
    else terminal.out(plainText(done.message));
    return EXIT.done;
  },
};
