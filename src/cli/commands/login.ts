import { Api } from '../client/api.ts';
import type { Command, CommandContext } from '../command.ts';
import { outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { parseOptions } from '../options.ts';
import { askLine } from '../session/ask.ts';
import { addressOf, apiUrl, isReadableOnTheWay } from '../session/connection.ts';
import { checkPasswordOptions, isPasswordGiven, PASSWORD_OPTIONS, takePassword } from '../session/password.ts';
import { sessionPath, writeSession } from '../session/session-file.ts';
import { localTime } from '../view/format.ts';
import { plainText } from '../view/text.ts';

const USER_DEFAULT = 'admin';

export const login: Command = {
  help: `usage: migratekit login [options]

Signs in and keeps the session in $XDG_CONFIG_HOME/migratekit/session.json (~/.config without the variable), which only
you can read. The password is asked for on the terminal, and is never an argument: those can be seen by others.
The password of the first admin: migratekit admin password, on the host of the API.

  --url URL           the API, e.g. http://127.0.0.1:8082; default: MIGRATEKIT_API_URL, or that of the last session
  --username NAME     default: ${USER_DEFAULT}
  --password-stdin    the password is the first line of standard input
  --password-file F   the password is the first line of this file
  --json              one JSON object on stdout: url, username, expires_at
  --help              this text

MIGRATEKIT_API_URL and MIGRATEKIT_API_TOKEN go before what is stored here.

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal, shell, signal } = context;
    const { values } = parseOptions(args, {
      url: { type: 'string' },
      username: { type: 'string' },
      ...PASSWORD_OPTIONS,
    });
    const url = values.url === undefined ? await addressOf(shell) : apiUrl(values.url);
    const isGiven = isPasswordGiven(values);
    checkPasswordOptions(values);
    if (isReadableOnTheWay(url)) terminal.err(`warning: ${url} is not encrypted: others may read the password`);
    const username = values.username ?? (isGiven ? USER_DEFAULT : await askUser(context, url));
    const password = await takePassword(values, signal);
    const session = await new Api({ url, token: undefined }, signal).login({ username, password });
    const { session_token: token, expires_at } = session;
    const path = sessionPath(shell.XDG_CONFIG_HOME);
    await writeSession(path, { url, username, token, expires_at });
    if (values.json) outJson(terminal, { url, username, expires_at });
    else terminal.out(`signed in at ${url} as ${plainText(username)} until ${localTime(expires_at)}`);
    if (shell.MIGRATEKIT_API_TOKEN !== undefined) {
      terminal.err('note: MIGRATEKIT_API_TOKEN is set and goes before this session');
    }
    return EXIT.done;
  },
};

async function askUser({ terminal, signal }: CommandContext, url: string): Promise<string> {
  terminal.err(`Signing in at ${url}`);
  const answer = await askLine(`Username [${USER_DEFAULT}]: `, signal);
  return answer === '' ? USER_DEFAULT : answer;
}
