import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { findVm } from '../find-vm.ts';
import { followJobs } from '../follow/follow.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { confirm } from '../session/confirm.ts';
import { plainText } from '../view/text.ts';
import { lastFailover } from './rollback.ts';

export const commit: Command = {
  help: `usage: migratekit commit VM [options]

Makes the live failover of a VM final: its snapshots are deleted, nothing leads back any more, and its protection ends.

  --vcenter HOST     where two vCenters have a VM of this name
  --follow           show its steps until the end; Ctrl-C leaves it running
  --yes              do not ask
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal, signal } = context;
    const { values, positionals } = parseOptions(
      args,
      {
        vcenter: { type: 'string' },
        follow: { type: 'boolean', default: false },
        yes: { type: 'boolean', default: false },
      },
      { least: 1, most: 1, what: 'VM' },
    );
    const api = await openApi(context, values.lab);
    const vm = (await findVm(api, positionals[0] ?? '', values.vcenter)).context;
    const last = await lastFailover(api, vm);
    const told = [`The failover of ${vm.vm_name} becomes final: it cannot be rolled back afterwards.`];
    await confirm(terminal, { told, word: vm.vm_name, isGiven: values.yes }, signal);
    const answer = await api.commitFailover(last.job_id);
    const { json, follow } = values;
    if (json) outJson(terminal, follow ? { event: 'accepted', job_id: answer.job_id, data: answer } : answer);
    else terminal.out(`${plainText(vm.vm_name)}: ${plainText(answer.job_id)} accepted`);
    if (!follow) return EXIT.done;
    return followJobs(api, terminal, { jobs: [{ jobId: answer.job_id, name: vm.vm_name }], json, lastEventId: 0 });
  },
};
