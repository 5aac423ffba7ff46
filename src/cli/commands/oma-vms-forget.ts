import { conflict } from '../../base/errors.ts';
import type { Api } from '../client/api.ts';
import type { OmaVm } from '../client/volume-answers.ts';
import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { confirm } from '../session/confirm.ts';
import { plainText } from '../view/text.ts';

const FLAGS = {
  'lose-overlays': { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
} as const;

export const omaVmsForget: Command = {
  help: `usage: migratekit oma-vms forget VM [options]

Forgets an OMA VM that is gone for good, so that its volumes can be attached elsewhere; asks for its name first. Its
volume daemon must be away, and CloudStack, which is asked about each volume, must have none of ours there. The disks of
those volumes are copied in full next. VM is its name, or its id in CloudStack.

  --lose-overlays    also where committed changes lie on that VM alone: they are lost
  --yes              do not ask
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal, signal } = context;
    const { values, positionals } = parseOptions(args, FLAGS, { least: 1, most: 1, what: 'VM' });
    const api = await openApi(context, values.lab);
    const [word = ''] = positionals;
    const vm = await meant(api, word);
    const name = vm?.name ?? word;
    const told = [`${name} is forgotten; the disks of its volumes are copied in full next.`];
    await confirm(terminal, { told, word: name, isGiven: values.yes }, signal);
    const done = await api.forgetOmaVm(vm?.vm_id ?? word, values['lose-overlays']);
    if (values.json) {
      outJson(terminal, done);
      return EXIT.done;
    }
    terminal.out(plainText(done.message));
    for (const { volume_id: id, name: volume, found, attached_to: at } of done.volumes) {
      terminal.out(plainText(`  ${volume} (${id}): ${found}${at === null ? '' : ` at VM ${at}`}`));
    }
    return EXIT.done;
  },
};

/** Undefined: the API says that there is none. @throws conflict `oma-vm.ambiguous` */
async function meant(api: Api, word: string): Promise<OmaVm | undefined> {
  const { oma_vms: vms } = await api.attachSlots();
  const found = vms.filter((vm) => vm.vm_id === word || vm.name === word);
  if (found.length < 2) return found[0];
  throw conflict('oma-vm.ambiguous', `${found.length} OMA VMs are called ${word}`, {
    hint: 'use the id of one of them; errors lists them',
    details: { errors: found.map((vm) => ({ path: vm.vm_id, message: vm.volume_daemon_url })) },
  });
}
