import type { Api } from '../client/api.ts';
import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { findVm } from '../find-vm.ts';
import { COMMON_HELP, oneOf, parseOptions, wholeNumber } from '../options.ts';
import { failoverTable } from '../view/failover.ts';
import { plainText } from '../view/text.ts';

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 1_000;

export const failovers: Command = {
  help: `usage: migratekit failovers [VM] [options]

Lists failovers, newest first: where each stands, whether its VM has booted, and what became of it.

  --type T           live or test
  --limit N          at most N, 1 to ${LIMIT_MAX}; ${LIMIT_DEFAULT} unless said
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values, positionals } = parseOptions(
      args,
      { type: { type: 'string' }, limit: { type: 'string' } },
      { least: 0, most: 1, what: 'VM' },
    );
    const type = oneOf('--type', values.type, ['live', 'test']);
    const limit = wholeNumber('--limit', values.limit, LIMIT_MAX) ?? LIMIT_DEFAULT;
    const api = await openApi(context, values.lab);
    const page = await api.failovers({ limit, type, vm_id: positionals[0] });
    if (values.json) outJson(terminal, page);
    else if (page.data.length === 0) terminal.err(await nothing(api, positionals[0]));
    else for (const line of failoverTable(page.data, terminal)) terminal.out(line);
    const more = page.total - page.data.length;
    if (!values.json && more > 0) terminal.err(`${more} more: --limit shows them`);
    return EXIT.done;
  },
};

/** Of a VM that was forgotten there may be failovers; of a name that nobody knows there is nothing to say but that. */
async function nothing(api: Api, name: string | undefined): Promise<string> {
  if (name === undefined) return 'no failover: migratekit failover VM --test begins with one';
  const { vm_name: vmName } = (await findVm(api, name, undefined)).context;
  return `${plainText(vmName)} was never failed over: migratekit failover VM --test begins with a test`;
}
