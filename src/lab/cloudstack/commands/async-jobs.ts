import type { Command } from '../command.ts';
import { maySee, requiredRow } from '../command.ts';
import { listAnswer } from '../list.ts';
import { presentJob } from '../present.ts';

export const asyncJobCommands: Readonly<Record<string, Command>> = {
  queryAsyncJobResult: {
    kind: 'sync',
    describe: 'Tells how an async job stands',
    run: (context) => ({
      result: presentJob(context.world, requiredRow(context, 'jobid', context.world.jobs)),
    }),
  },

  /** Pending jobs only, as CloudStack does. */
  listAsyncJobs: {
    kind: 'sync',
    describe: 'Lists async jobs in progress',
    run: (context) =>
      listAnswer(
        context,
        'asyncjobs',
        context.world.jobs
          .filter((job) => job.status === 0 && maySee(context.account, job))
          .map((job) => presentJob(context.world, job)),
      ),
  },
};
