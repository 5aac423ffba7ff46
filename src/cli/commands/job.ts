import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { followJobs } from '../follow/follow.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { jobPage } from '../view/job.ts';
import { vmNameOf } from '../vm-names.ts';

export const job: Command = {
  help: `usage: migratekit job ID [options]

Shows one job: its state, its steps, the jobs that it asked for, and what went wrong. Exit status 0 says that the job
was found; with --follow it says whether the job completed.

  --follow           show a progress bar per disk until the end; Ctrl-C leaves the job running
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const arity = { least: 1, most: 1, what: 'ID' };
    const { values, positionals } = parseOptions(args, { follow: { type: 'boolean', default: false } }, arity);
    const { json, follow } = values;
    const api = await openApi(context, values.lab);
    const found = await api.job(positionals[0] ?? '');
    if (json && !follow) {
      outJson(terminal, found);
      return EXIT.done;
    }
    const name = json ? undefined : await vmNameOf(api, found.context_id);
    if (follow) return followJobs(api, terminal, { jobs: [{ jobId: found.job_id, name }], json });
    for (const line of jobPage(found, name, terminal)) terminal.out(line);
    return EXIT.done;
  },
};
