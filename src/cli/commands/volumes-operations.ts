import { collect } from '../client/pages.ts';
import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { COMMON_HELP, oneOf, parseOptions, wholeNumber } from '../options.ts';
import { operationTable } from '../view/volume.ts';

const STATUSES = ['pending', 'executing', 'completed', 'failed', 'cancelled'] as const;
const LIMIT_DEFAULT = 25;
const LIMIT_MAX = 1_000_000;

export const volumesOperations: Command = {
  help: `usage: migratekit volumes operations [options]

Lists what volume daemons did to volumes, and are about to do, newest first. Each is a job: migratekit job ID and
migratekit logs ID tell more.

  --volume ID        only those of this volume
  --status STATUS    only these: ${STATUSES.join(', ')}
  --limit N          at most N (${LIMIT_DEFAULT})
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values } = parseOptions(args, {
      volume: { type: 'string' },
      status: { type: 'string' },
      limit: { type: 'string' },
    });
    const filter = { volume_id: values.volume, status: oneOf('--status', values.status, STATUSES) };
    const limit = wholeNumber('--limit', values.limit, LIMIT_MAX) ?? LIMIT_DEFAULT;
    const api = await openApi(context, values.lab);
    const { rows, total } = await collect(limit, async (page) => {
      const answer = await api.volumeOperations({ ...filter, ...page });
      return { rows: answer.operations, total: answer.count, next: answer.next_cursor };
    });
    if (values.json) outJson(terminal, { count: total, operations: rows });
    else if (rows.length === 0) terminal.err('no operations');
    else for (const line of operationTable(rows, terminal)) terminal.out(line);
    if (!values.json && rows.length < total)
      terminal.err(`the newest ${rows.length} of ${total}; --limit N shows more`);
    return EXIT.done;
  },
};
