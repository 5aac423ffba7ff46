import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { findVm } from '../find-vm.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { readinessPage } from '../view/failover.ts';

export const readiness: Command = {
  help: `usage: migratekit readiness VM [options]

Judges whether a VM may be failed over: its copy, its volumes, its networks, CloudStack and its source. Each finding
says what to do about it. Nothing is changed. Exit status 0 when a failover may begin, 1 when something forbids it.

  --test             of a test failover; live unless said
  --disaster         of a live failover that asks nothing of the source
  --vcenter HOST     where two vCenters have a VM of this name
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values, positionals } = parseOptions(
      args,
      {
        test: { type: 'boolean', default: false },
        disaster: { type: 'boolean', default: false },
        vcenter: { type: 'string' },
      },
      { least: 1, most: 1, what: 'VM' },
    );
    const api = await openApi(context, values.lab);
    const vm = (await findVm(api, positionals[0] ?? '', values.vcenter)).context;
    const nothing = { power_off_source: 'false', perform_final_sync: 'false' } as const;
    const answer = await api.readiness(vm.context_id, {
      type: values.test ? 'test' : 'live',
      ...(values.disaster ? nothing : {}),
    });
    if (values.json) outJson(terminal, answer);
    else for (const line of readinessPage(answer, terminal)) terminal.out(line);
    return answer.is_valid ? EXIT.done : EXIT.failed;
  },
};
