import { AppError, cancelled, conflict } from '../../base/errors.ts';
import { MINUTE, SECOND } from '../../base/units.ts';
import type { Job } from '../client/answers.ts';
import type { Api } from '../client/api.ts';
import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { each, exitCodeOfAll } from '../each.ts';
import { EXIT_CODES_HELP } from '../exit-code.ts';
import { pollJob } from '../follow/poll.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { errorJson, showError } from '../report.ts';
import { plainText } from '../view/text.ts';

/** A worker notices within seconds; one that is gone is noticed after its lease. */
const WAIT_MAX_MS = 5 * MINUTE;

const IDS_MAX = 1_000;

export const cancel: Command = {
  help: `usage: migratekit cancel ID... [options]

Tells replications, failovers and rollbacks to stop, and the jobs that they asked for with them. A job that never ran
has ended then; one that runs ends at its next safe point and cleans up. What earlier replications committed stays
usable; a failover undoes what it did, unless the VM of a live one has started. Cancelling what was cancelled before is
no error. Other jobs, such as a deletion, cannot be cancelled: they run to their end.

  --wait             until they have ended, at most ${WAIT_MAX_MS / MINUTE} minutes; exit status 0 when all of them are cancelled
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values, positionals } = parseOptions(
      args,
      { wait: { type: 'boolean', default: false } },
      { least: 1, most: IDS_MAX, what: 'ID...' },
    );
    const api = await openApi(context, values.lab);
    const tried = await each(
      [...new Set(positionals)],
      (id) => cancelOne(api, id, values.wait),
      ({ done, failed }) => {
        if (failed !== undefined) showError(terminal, failed, 'cancel');
        if (done !== undefined && !values.json) terminal.out(`${plainText(done.job_id)} ${told(done)}`);
      },
    );
    if (values.json) {
      outJson(terminal, {
        jobs: tried.flatMap(({ done }) => (done === undefined ? [] : [done])),
        refused: tried.flatMap(({ name, failed }) =>
          failed === undefined ? [] : [{ job_id: name, ...errorJson(failed) }],
        ),
      });
    }
    return exitCodeOfAll(tried);
  },
};

const told = ({ status }: Pick<Job, 'status'>): string =>
  status === 'cancelled' ? 'is cancelled' : 'is told to stop and will end at its next safe point';

/** By its prefix: a failover, its rollback or its commit. */
const isOfFailover = (id: string): boolean => /^(failover|rollback)-/.test(id);

async function cancelOne(api: Api, id: string, wait: boolean): Promise<{ job_id: string; status: string }> {
  const answer = await (isOfFailover(id) ? api.cancelFailover(id) : api.cancel(id)).catch(async (error: unknown) => {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'replication.unknown') throw await notCancellable(api, id, error);
    if (error.code !== 'job.terminal') throw error;
    // A repeated request finds what the first one did.
    const { job_id, status } = await api.job(id);
    if (status !== 'cancelled') throw error;
    return { job_id, status };
  });
  const { job_id, status } = answer;
  if (!wait || status === 'cancelled') return { job_id, status };
  const last = await endOf(api, id);
  if (last === 'cancelled') return { job_id, status: last };
  throw conflict('job.terminal', `${id} was not cancelled in time: it ${last}`, { hint: `see migratekit job ${id}` });
}

/** A job that is no replication is refused for that, and not for being unknown. */
async function notCancellable(api: Api, id: string, unknown: AppError): Promise<AppError> {
  const job = await api.job(id).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'job.unknown') throw unknown;
    throw error;
  });
  const { parent_job_id: parent, operation } = job;
  return conflict(
    'cli.not-cancellable',
    `${id} is a job of kind ${operation}, and only replications and failovers can be cancelled`,
    {
      hint:
        parent?.startsWith('job-') === true
          ? `cancel the replication that asked for it: migratekit cancel ${parent}`
          : `it runs to its end by itself: migratekit job ${id} --follow`,
    },
  );
}

/** The status in which it ended. @throws cancelled `cli.wait-too-long` */
async function endOf(api: Api, id: string): Promise<string> {
  const deadlineMs = performance.now() + WAIT_MAX_MS;
  let status = '';
  for await (const event of pollJob(api, id)) {
    if (event.kind === 'job') status = event.data.status;
    if (performance.now() > deadlineMs) {
      throw cancelled('cli.wait-too-long', `${id} has not ended within ${WAIT_MAX_MS / SECOND} s`, {
        hint: `it will when its worker reaches a safe point: migratekit job ${id} --follow`,
      });
    }
  }
  return status;
}
