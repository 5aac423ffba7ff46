import { collect } from '../client/pages.ts';
import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { findVm } from '../find-vm.ts';
import { followAll } from '../follow/follow.ts';
import { COMMON_HELP, oneOf, parseOptions, usage, wholeNumber } from '../options.ts';
import { jobTable } from '../view/job.ts';
import { vmNameOf, vmNames } from '../vm-names.ts';

const STATUSES = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const;
const QUEUES = ['replicate', 'sync-cbt', 'attach-volume', 'failover', 'rollback', 'delete-job', 'maintenance'] as const;

const LIMIT_DEFAULT = 25;
const LIMIT_MAX = 1_000_000;

export const jobs: Command = {
  help: `usage: migratekit jobs [options]

Lists jobs, newest first.

  --status STATUS    only these: ${STATUSES.join(', ')}
  --queue QUEUE      only those of this queue: ${QUEUES.slice(0, 3).join(', ')},
                     ${QUEUES.slice(3).join(', ')}
  --vm VM            only those of this VM: a name, or the id of a context
  --vcenter HOST     with --vm, where two vCenters have a VM of this name
  --limit N          at most N (${LIMIT_DEFAULT})
  --follow           show all active jobs with a progress bar per disk, until Ctrl-C
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values } = parseOptions(args, {
      status: { type: 'string' },
      queue: { type: 'string' },
      vm: { type: 'string' },
      vcenter: { type: 'string' },
      limit: { type: 'string' },
      follow: { type: 'boolean', default: false },
    });
    const status = oneOf('--status', values.status, STATUSES);
    const queue = oneOf('--queue', values.queue, QUEUES);
    const limit = wholeNumber('--limit', values.limit, LIMIT_MAX) ?? LIMIT_DEFAULT;
    const isFiltered = [status, queue, values.vm, values.limit].some((filter) => filter !== undefined);
    if (values.follow && isFiltered) throw usage('--follow shows all active jobs; it goes with no filter');
    const api = await openApi(context, values.lab);
    if (values.follow) {
      if (!values.json) terminal.err('following every active job; Ctrl-C ends this and no job');
      const names = remembered((contextId) => vmNameOf(api, contextId));
      await followAll(api, terminal, { json: values.json, names });
      return EXIT.done;
    }
    const vm = values.vm === undefined ? undefined : await findVm(api, values.vm, values.vcenter);
    const filter = { status, queue, context_id: vm?.context.context_id };
    const { rows, total } = await collect(limit, async (page) => {
      const answer = await api.jobs({ ...filter, ...page });
      return { rows: answer.jobs, total: answer.count, next: answer.next_cursor };
    });
    if (values.json) {
      outJson(terminal, { count: total, jobs: rows });
      return EXIT.done;
    }
    const contexts = new Set(rows.flatMap((job) => (job.context_id === null ? [] : [job.context_id])));
    const names =
      vm === undefined ? await vmNames(api, contexts) : new Map([[vm.context.context_id, vm.context.vm_name]]);
    if (rows.length === 0) terminal.err('no jobs');
    else for (const line of jobTable(rows, names, terminal)) terminal.out(line);
    if (rows.length < total) terminal.err(`the newest ${rows.length} of ${total}; --limit N shows more`);
    return EXIT.done;
  },
};

/** Asks once for each id. */
function remembered<T>(ask: (id: string) => Promise<T>): (id: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (id) => {
    const asked = known.get(id) ?? ask(id);
    known.set(id, asked);
    return asked;
  };
}
