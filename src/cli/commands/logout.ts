import type { Command } from '../command.ts';
import { outJson } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { parseOptions } from '../options.ts';
import { removeSession, sessionPath } from '../session/session-file.ts';

export const logout: Command = {
  help: `usage: migratekit logout [--json]

Removes the session that migratekit login stored. A token that was copied elsewhere stays valid until it expires.

exit status: 0, also when nobody was signed in`,

  async run({ terminal, shell }, args) {
    const { values } = parseOptions(args, {});
    const removed = await removeSession(sessionPath(shell.XDG_CONFIG_HOME));
    if (values.json) outJson(terminal, { removed });
    else terminal.out(removed ? 'signed out' : 'nobody was signed in');
    return EXIT.done;
  },
};
