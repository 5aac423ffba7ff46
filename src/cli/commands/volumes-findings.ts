import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { allFindings } from '../find-finding.ts';
import { COMMON_HELP, parseOptions } from '../options.ts';
import { findingLines, lookLines } from '../view/volume.ts';

export const volumesFindings: Command = {
  help: `usage: migratekit volumes findings [options]

Lists where CloudStack says otherwise about volumes than our rows, as the last look found it, with what to do about it.
One that was seen by two looks is confirmed: only then it can be adopted or removed.

${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values } = parseOptions(args, {});
    const api = await openApi(context, values.lab);
    const { findings, looks } = await allFindings(api);
    if (values.json) {
      outJson(terminal, { count: findings.length, findings, looks });
      return EXIT.done;
    }
    if (findings.length === 0) terminal.err('no findings');
    for (const line of findingLines(findings, terminal)) terminal.out(line);
    for (const line of lookLines(looks)) terminal.err(line);
    return EXIT.done;
  },
};
