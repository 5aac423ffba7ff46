import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { findingsAbout } from '../find-finding.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { confirm } from '../session/confirm.ts';
import { plainText } from '../view/text.ts';

export const volumesRemove: Command = {
  help: `usage: migratekit volumes remove ID [options]

Has a volume that nobody needs deleted in CloudStack, or the rows of one that is gone there; asks for its name first.
Only one that migratekit volumes findings tells as orphan, unknown-context or gone; nothing that is attached, or not
named as ours. ID is that of the volume in CloudStack.

  --confirm-name NAME   the name of the volume, for one of a VM that is not known here: with --yes it is needed
  --yes                 do not ask
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal, signal } = context;
    const options = { 'confirm-name': { type: 'string' }, yes: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseOptions(args, options, { least: 1, most: 1, what: 'ID' });
    const [volumeId = ''] = positionals;
    const api = await openApi(context, values.lab);
    const about = await findingsAbout(api, volumeId);
    const word = about[0]?.name ?? '';
    const told = [...about.map(({ text }) => text), `${word} is deleted in CloudStack, with all that it holds.`];
    await confirm(terminal, { told, word, isGiven: values.yes }, signal);
    const name = values['confirm-name'] ?? (values.yes ? undefined : word);
    const removed = await api.removeVolume(volumeId, name);
    if (values.json) outJson(terminal, removed);
    else terminal.out(plainText(`${volumeId}: ${removed.job_id} accepted`));
    return EXIT.done;
  },
};
