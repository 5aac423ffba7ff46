import type { Api } from '../client/api.ts';
import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { each, exitCodeOfAll } from '../each.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { findVm } from '../find-vm.ts';
import { FOLLOWED_MAX, followJobs } from '../follow/follow.ts';
import { COMMON_HELP, parseOptions, usage } from '../options.ts';
import { errorJson, showError } from '../report.ts';
import { plainText } from '../view/text.ts';

const NAMES_MAX = 1_000;

export const replicate: Command = {
  help: `usage: migratekit replicate VM... [options]

Starts a replication of each VM: the first one copies all disks, later ones what changed since. VM is a name, or the id
of a context. With several VMs each is tried, and the exit status is that of the first that failed.

  --full             copy every disk in full again
  --vcenter HOST     where two vCenters have a VM of this name
  --follow           show a progress bar per disk until the end, for at most ${FOLLOWED_MAX} VMs; Ctrl-C leaves the
                     jobs running
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values, positionals } = parseOptions(
      args,
      {
        full: { type: 'boolean', default: false },
        vcenter: { type: 'string' },
        follow: { type: 'boolean', default: false },
      },
      { least: 1, most: NAMES_MAX, what: 'VM...' },
    );
    const { json, follow, full, vcenter } = values;
    const names = [...new Set(positionals)];
    if (follow && names.length > FOLLOWED_MAX) {
      throw usage(`--follow takes at most ${FOLLOWED_MAX} VMs: start them without it, then migratekit jobs --follow`);
    }
    const api = await openApi(context, values.lab);
    const tried = await each(
      names,
      (name) => start(api, name, { full, vcenter }),
      ({ done, failed }) => {
        if (failed !== undefined) showError(terminal, failed, 'replicate');
        if (failed !== undefined && json && follow) outJson(terminal, { event: 'refused', ...errorJson(failed) });
        if (done === undefined) return;
        if (json && follow) outJson(terminal, { event: 'accepted', job_id: done.answer.job_id, data: done.answer });
        if (!json) terminal.out(`${plainText(done.vm)}: ${plainText(done.answer.job_id)} accepted`);
      },
    );
    const started = tried.flatMap(({ done }) => (done === undefined ? [] : [done]));
    const jobs = started.map(({ vm, answer }) => ({ jobId: answer.job_id, name: vm }));
    if (json && !follow) {
      const refused = tried.flatMap(({ name, failed }) =>
        failed === undefined ? [] : [{ vm: name, ...errorJson(failed) }],
      );
      outJson(terminal, { jobs: started.map(({ answer }) => answer), refused });
    }
    const followed = follow && jobs.length > 0 ? await followJobs(api, terminal, { jobs, json, lastEventId: 0 }) : 0;
    return exitCodeOfAll(tried) === EXIT.done ? followed : exitCodeOfAll(tried);
  },
};

async function start(api: Api, name: string, wish: { readonly full: boolean; readonly vcenter: string | undefined }) {
  const { context } = await findVm(api, name, wish.vcenter);
  const answer = await api.replicate({
    context_id: context.context_id,
    replication_type: wish.full ? 'initial' : undefined,
  });
  return { vm: context.vm_name, answer };
}
