import { notFound } from '../../base/errors.ts';
import type { VmContext } from '../client/answers.ts';
import type { Failover } from '../client/failover-answers.ts';
import type { Api } from '../client/api.ts';
import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { findVm } from '../find-vm.ts';
import { followJobs } from '../follow/follow.ts';
import { COMMON_HELP, parseOptions, usage } from '../options.ts';
import { confirm } from '../session/confirm.ts';
import { plainText } from '../view/text.ts';

const OPTIONS = {
  'power-on-source': { type: 'boolean', default: false },
  'leave-source-off': { type: 'boolean', default: false },
  force: { type: 'boolean', default: false },
  'cleanup-failed': { type: 'boolean', default: false },
  vcenter: { type: 'string' },
  follow: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
} as const;
type Wishes = ReturnType<typeof parseOptions<typeof OPTIONS>>['values'];

export const rollback: Command = {
  help: `usage: migratekit rollback VM [options]

Takes the last failover of a VM back: its VM in CloudStack is destroyed, its volumes are as they were at the last
commit, and the next replication is incremental. What the VM in CloudStack has written is lost.

  --power-on-source  of a live failover: power the source on again (as it is where the failover powered it off)
  --leave-source-off of a live failover: leave it as it is
  --force            go on past what cannot be undone, and name it
  --cleanup-failed   clear up what a failed failover or rollback left behind
  --vcenter HOST     where two vCenters have a VM of this name
  --follow           show its steps until the end; Ctrl-C leaves it running
  --yes              do not ask before a live failover is taken back
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal, signal } = context;
    const { values, positionals } = parseOptions(args, OPTIONS, { least: 1, most: 1, what: 'VM' });
    if (values['power-on-source'] && values['leave-source-off']) {
      throw usage('--power-on-source or --leave-source-off, not both');
    }
    const api = await openApi(context, values.lab);
    const vm = (await findVm(api, positionals[0] ?? '', values.vcenter)).context;
    const last = await lastFailover(api, vm);
    if (last.failover_type === 'live') {
      const told = [
        `The live failover of ${vm.vm_name} is taken back: its VM in CloudStack is destroyed.`,
        'What that VM has written is lost.',
      ];
      await confirm(terminal, { told, word: vm.vm_name, isGiven: values.yes }, signal);
    }
    const answer = values['cleanup-failed']
      ? await api.cleanUpFailed(vm.context_id)
      : await api.rollBack(bodyOf(vm, last, values));
    const { json, follow } = values;
    if (json) outJson(terminal, follow ? { event: 'accepted', job_id: answer.job_id, data: answer } : answer);
    else terminal.out(`${plainText(vm.vm_name)}: ${plainText(answer.job_id)} accepted`);
    if (!follow) return EXIT.done;
    return followJobs(api, terminal, { jobs: [{ jobId: answer.job_id, name: vm.vm_name }], json, lastEventId: 0 });
  },
};

/** @throws not-found `failover.none` */
export async function lastFailover(api: Api, vm: VmContext): Promise<Failover> {
  const [last] = (await api.failovers({ vm_id: vm.context_id, limit: 1 })).data;
  if (last !== undefined) return last;
  throw notFound('failover.none', `${vm.vm_name} was never failed over`, { hint: 'migratekit failovers lists them' });
}

function bodyOf(vm: VmContext, last: Failover, values: Wishes) {
  const power = values['power-on-source'] ? true : values['leave-source-off'] ? false : undefined;
  return {
    context_id: vm.context_id,
    vm_id: vm.vmware_vm_id,
    vm_name: vm.vm_name,
    failover_type: last.failover_type === 'test' ? ('test' as const) : ('live' as const),
    power_on_source: power,
    force_cleanup: values.force,
  };
}
