import type { LogEvent } from '../client/answers.ts';
import type { Api } from '../client/api.ts';
import { type Command, openApi } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { feed } from '../follow/feed.ts';
import { pollJob } from '../follow/poll.ts';
import { COMMON_HELP, oneOf, parseOptions } from '../options.ts';
import { logLine } from '../view/job.ts';
import { jsonLine } from '../view/text.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const PAGE_EVENTS = 500;

export const logs: Command = {
  help: `usage: migratekit logs ID [options]

Shows what a job and its worker said, oldest first.

  --level LEVEL      only this level and graver ones: ${LEVELS.join(', ')} (debug)
  --follow           go on until the job has ended; Ctrl-C leaves the job running
${COMMON_HELP}

Here --json prints one object per event.

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values, positionals } = parseOptions(
      args,
      { level: { type: 'string' }, follow: { type: 'boolean', default: false } },
      { least: 1, most: 1, what: 'ID' },
    );
    const least = LEVELS.indexOf(oneOf('--level', values.level, LEVELS) ?? 'debug');
    const api = await openApi(context, values.lab);
    const events = values.follow ? followed(api, positionals[0] ?? '') : kept(api, positionals[0] ?? '');
    for await (const event of events) {
      if (LEVELS.findIndex((level) => level === event.level.toLowerCase()) < least) continue;
      terminal.out(values.json ? jsonLine(event) : logLine(event, terminal.paint));
    }
    return EXIT.done;
  },
};

/** Those that exist by now. */
async function* kept(api: Api, jobId: string, from = 0): AsyncGenerator<LogEvent> {
  for (let after: number | null = from; after !== null;) {
    const page: { events: LogEvent[]; next_after: number | null } = await api.jobLogs(jobId, {
      after,
      limit: PAGE_EVENTS,
    });
    yield* page.events;
    // A page that leads back would be told for ever.
    after = page.next_after !== null && page.next_after > after ? page.next_after : null;
  }
}

/** Those that exist, and those that come until the job has ended. */
async function* followed(api: Api, jobId: string): AsyncGenerator<LogEvent> {
  let last = 0;
  for await (const event of kept(api, jobId)) {
    last = event.id;
    yield event;
  }
  const path = `/jobs/${encodeURIComponent(jobId)}/events`;
  const source = { path, lastEventId: last, isOneJob: true, poll: () => pollJob(api, jobId) };
  for await (const event of feed(api, source)) {
    if (event.kind === 'log' && event.data.id > last) {
      last = event.data.id;
      yield event.data;
    }
  }
}
