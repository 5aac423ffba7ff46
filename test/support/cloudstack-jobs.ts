import type { CloudStackClient } from '../../src/cloudstack/client.ts';
import { until } from './until.ts';

/** Async jobs of the simulated cloud, as the wire has them. */

export type Answer = Record<string, unknown>;

/** The job that a command starts, at its end. */
export async function jobOf(
  client: CloudStackClient,
  command: string,
  parameters: Record<string, string>,
): Promise<Answer> {
  const accepted = await client.call(command, parameters);
  return endOf(client, String(accepted['jobid']));
}

export async function endOf(client: CloudStackClient, jobId: string): Promise<Answer> {
  let answer: Answer = {};
  await until(
    async () => {
      answer = await client.call('queryAsyncJobResult', { jobid: jobId });
      return answer['jobstatus'] !== 0;
    },
    { withinMs: 60_000, what: `the end of job ${jobId}` },
  );
  return answer;
}

/** What a failed job looks like. */
export const failure = (errorcode: number, errortext: string) => ({
  jobstatus: 2,
  jobresultcode: errorcode,
  jobresult: { errorcode, errortext },
});
