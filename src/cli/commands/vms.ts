import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { collect } from '../client/pages.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { COMMON_HELP, oneOf, parseOptions, wholeNumber } from '../options.ts';
import { CONTEXT_STATUSES } from '../../domain/context-status.ts';
import { vmTable } from '../view/vm.ts';

const LIMIT_DEFAULT = 1000;
const LIMIT_MAX = 1_000_000;

export const vms: Command = {
  help: `usage: migratekit vms [options]
       migratekit vms show VM        one VM with its disks and latest jobs
       migratekit vms discover       the VMs of a vCenter
       migratekit vms add VM...      make VMs known

Lists the VMs that are known, by name. LAST SYNC is when the last replication that succeeded began.

  --status STATUS    only these: ${CONTEXT_STATUSES.slice(0, 4).join(', ')},
                     ${CONTEXT_STATUSES.slice(4).join(', ')}
  --vcenter HOST     only those of this vCenter
  --limit N          at most N (${LIMIT_DEFAULT})
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values } = parseOptions(args, {
      status: { type: 'string' },
      vcenter: { type: 'string' },
      limit: { type: 'string' },
    });
    const status = oneOf('--status', values.status, CONTEXT_STATUSES);
    const limit = wholeNumber('--limit', values.limit, LIMIT_MAX) ?? LIMIT_DEFAULT;
    const api = await openApi(context, values.lab);
    const filter = { status, vcenter_host: values.vcenter };
    const { rows, total } = await collect(limit, async (page) => {
      const answer = await api.vms({ ...filter, ...page });
      return { rows: answer.vm_contexts, total: answer.count, next: answer.next_cursor };
    });
    if (values.json) {
      outJson(terminal, { count: total, vm_contexts: rows });
      return EXIT.done;
    }
    if (rows.length === 0)
      terminal.err('no VM is known: migratekit vms discover lists those of a vCenter, migratekit vms add adds them');
    else for (const line of vmTable(rows, terminal)) terminal.out(line);
    if (rows.length < total) terminal.err(`${rows.length} of ${total}; --limit N shows more`);
    return EXIT.done;
  },
};
