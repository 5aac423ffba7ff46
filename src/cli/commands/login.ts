import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { invalidRequest } from '../../base/errors.ts';
import { Api } from '../client/api.ts';
import type { Command, CommandContext } from '../command.ts';
import { outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { parseOptions, usage } from '../options.ts';
import { askLine, askSecret, canAsk } from '../session/ask.ts';
import { addressOf, apiUrl, isReadableOnTheWay } from '../session/connection.ts';
import { sessionPath, writeSession } from '../session/session-file.ts';
import { messageOf } from '../thrown.ts';
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
      'password-stdin': { type: 'boolean', default: false },
      'password-file': { type: 'string' },
    });
    const url = values.url === undefined ? await addressOf(shell) : apiUrl(values.url);
    const isGiven = values['password-stdin'] || values['password-file'] !== undefined;
    if (values['password-stdin'] && values['password-file'] !== undefined) {
      throw usage('--password-stdin and --password-file exclude each other');
    }
    if (!isGiven && !canAsk()) throw usage('there is no terminal to ask on: use --password-stdin or --password-file');
    if (isReadableOnTheWay(url)) terminal.err(`warning: ${url} is not encrypted: others may read the password`);
    const username = values.username ?? (isGiven ? USER_DEFAULT : await askUser(context, url));
    const password = isGiven ? await readPassword(values['password-file']) : await askSecret('Password: ', signal);
    if (password === '') throw usage('the password is empty');
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

async function readPassword(file: string | undefined): Promise<string> {
  try {
    const content = file === undefined ? await text(process.stdin) : await readFile(file, 'utf8');
    return content.split(/\r?\n/, 1)[0] ?? '';
  } catch (cause) {
    throw invalidRequest('cli.usage', `the password cannot be read: ${messageOf(cause)}`, { cause });
  }
}
