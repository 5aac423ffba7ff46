import type { VmContext } from '../client/answers.ts';
import type { NewFailover } from '../client/api.ts';
import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { findVm } from '../find-vm.ts';
import { followJobs } from '../follow/follow.ts';
import { COMMON_HELP, oneOf, parseOptions, usage } from '../options.ts';
import { confirm } from '../session/confirm.ts';
import { findingLines } from '../view/failover.ts';
import { plainText } from '../view/text.ts';

const OPTIONS = {
  test: { type: 'boolean', default: false },
  live: { type: 'boolean', default: false },
  disaster: { type: 'boolean', default: false },
  duration: { type: 'string' },
  'keep-source-on': { type: 'boolean', default: false },
  'no-final-sync': { type: 'boolean', default: false },
  'shutdown-timeout': { type: 'string' },
  'shutdown-policy': { type: 'string' },
  'commit-after': { type: 'string' },
  'rollback-after': { type: 'string' },
  network: { type: 'string', multiple: true },
  'skip-virtio': { type: 'boolean', default: false },
  'skip-validation': { type: 'boolean', default: false },
  vcenter: { type: 'string' },
  follow: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
} as const;

type Wishes = ReturnType<typeof parseOptions<typeof OPTIONS>>['values'];

export const failover: Command = {
  help: `usage: migratekit failover VM --test|--live|--disaster [options]

Starts the VM in CloudStack from its copy.
  --test             beside the one in production, in an isolated network, under a name of its own; its source is not
                     touched
  --live             for good: the source is shut down and replicated once more, so that nothing is lost
  --disaster         for good, without asking the source for anything: what was written after the last committed point
                     is lost

  --duration TIME    of a test: it is rolled back by itself after this time, e.g. 30m or 2h
  --keep-source-on   live: do not shut the source down
  --no-final-sync    live: do not replicate once more
  --shutdown-timeout SECONDS  how long the guest may take to shut down
  --shutdown-policy P  when it does not: force (switch it off) or stop (end the failover)
  --commit-after TIME, --rollback-after TIME   live: what follows by itself when nobody has decided by then
  --network SOURCE=ID  let this network of the source lead to the network ID of CloudStack, this time; may be repeated
  --skip-virtio      start the guest as it was copied
  --skip-validation  judge only what endangers data or production
  --vcenter HOST     where two vCenters have a VM of this name
  --follow           show its steps until the end; Ctrl-C leaves it running
  --yes              do not ask before a live failover
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal, signal } = context;
    const { values, positionals } = parseOptions(args, OPTIONS, { least: 1, most: 1, what: 'VM' });
    const wanted = wishesOf(values);
    const api = await openApi(context, values.lab);
    const vm = (await findVm(api, positionals[0] ?? '', values.vcenter)).context;
    if (wanted.failover_type === 'live') {
      await confirm(terminal, { told: toldOf(vm, wanted), word: vm.vm_name, isGiven: values.yes }, signal);
    }
    const { context_id, vmware_vm_id, vm_name } = vm;
    const answer = await api.failOver({ context_id, vmware_vm_id, vm_name, ...wanted });
    const { json, follow } = values;
    if (json) outJson(terminal, follow ? { event: 'accepted', job_id: answer.job_id, data: answer } : answer);
    else {
      terminal.out(`${plainText(vm_name)}: ${plainText(answer.job_id)} accepted`);
      for (const line of answer.data.findings.flatMap((finding) => findingLines(finding, terminal))) terminal.err(line);
    }
    if (!follow) return EXIT.done;
    return followJobs(api, terminal, { jobs: [{ jobId: answer.job_id, name: vm_name }], json, lastEventId: 0 });
  },
};

type Wanted = Omit<NewFailover, 'context_id' | 'vmware_vm_id' | 'vm_name'>;

/** @throws invalid-request `cli.usage` */
function wishesOf(values: Wishes): Wanted {
  const kinds = [values.test, values.live, values.disaster].filter(Boolean).length;
  if (kinds !== 1) throw usage('say which: --test, --live or --disaster');
  const custom = customOf(values);
  return {
    failover_type: values.test ? 'test' : 'live',
    ...(values.test ? testWishes(values) : sourceWishes(values)),
    ...(values['skip-virtio'] ? { skip_virtio: true } : {}),
    ...(values['skip-validation'] ? { skip_validation: true } : {}),
    ...networksOf(values.network ?? []),
    ...(Object.keys(custom).length === 0 ? {} : { custom_config: custom }),
  };
}

function testWishes({ duration }: Wishes): Partial<Wanted> {
  return duration === undefined ? {} : { test_duration: duration, auto_cleanup: true };
}

function sourceWishes(values: Wishes): Partial<Wanted> {
  if (values.duration !== undefined) throw usage('--duration is for a test');
  const asks = !values.disaster;
  return {
    power_off_source: asks && !values['keep-source-on'],
    perform_final_sync: asks && !values['no-final-sync'],
  };
}

function customOf(values: Wishes): NonNullable<Wanted['custom_config']> {
  const timeout = values['shutdown-timeout'];
  const policy = oneOf('--shutdown-policy', values['shutdown-policy'], ['force', 'stop']);
  const { 'commit-after': commit, 'rollback-after': rollback } = values;
  if (commit !== undefined && rollback !== undefined) throw usage('--commit-after or --rollback-after, not both');
  if (timeout !== undefined && !/^\d{1,4}$/.test(timeout)) throw usage('--shutdown-timeout takes seconds');
  return {
    ...(timeout === undefined ? {} : { shutdown_timeout_seconds: Number(timeout) }),
    ...(policy === undefined ? {} : { shutdown_policy: policy }),
    ...(commit === undefined ? {} : { commit_after: commit, commit_then: 'commit' as const }),
    ...(rollback === undefined ? {} : { commit_after: rollback, commit_then: 'rollback' as const }),
  };
}

function networksOf(pairs: readonly string[]): Partial<Wanted> {
  if (pairs.length === 0) return {};
  const mappings = pairs.map((pair) => {
    const at = pair.lastIndexOf('=');
    if (at < 1 || at === pair.length - 1) throw usage(`--network takes SOURCE=ID, not "${pair}"`);
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  return { network_strategy: 'custom', network_mappings: Object.fromEntries(mappings) };
}

function toldOf(vm: VmContext, wanted: Wanted): string[] {
  const off = wanted.power_off_source === true ? 'is shut down' : 'is not touched, and may go on running';
  const sync =
    wanted.perform_final_sync === true
      ? 'What it has written until then is replicated once more.'
      : 'What it has written since the last committed point is lost.';
  return [`Live failover of ${vm.vm_name}: the source VM at ${vm.vcenter_host} ${off}.`, sync];
}
