import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { invalidRequest } from '../../base/errors.ts';
import { usage } from '../options.ts';
import { messageOf } from '../thrown.ts';
import { askSecret, canAsk } from './ask.ts';

/** Options of commands that take a password; it is never an argument itself: those can be seen by others. */
export const PASSWORD_OPTIONS = {
  'password-stdin': { type: 'boolean', default: false },
  'password-file': { type: 'string' },
} as const;

export interface PasswordOptions {
  readonly 'password-stdin': boolean;
  readonly 'password-file'?: string | undefined;
}

/** Whether the options say where the password is. */
export const isPasswordGiven = (options: PasswordOptions): boolean =>
  options['password-stdin'] || options['password-file'] !== undefined;

/** @throws invalid-request `cli.usage`: both ways are given, or neither and nobody is there to be asked */
export function checkPasswordOptions(options: PasswordOptions): void {
  if (options['password-stdin'] && options['password-file'] !== undefined) {
    throw usage('--password-stdin and --password-file exclude each other');
  }
  if (!isPasswordGiven(options) && !canAsk()) {
    throw usage('there is no terminal to ask on: use --password-stdin or --password-file');
  }
}

/** The password, from where the options say, or asked for. @throws invalid-request `cli.usage` */
export async function takePassword(options: PasswordOptions, signal: AbortSignal): Promise<string> {
  const password = isPasswordGiven(options)
    ? await readPassword(options['password-file'])
    : await askSecret('Password: ', signal);
  if (password === '') throw usage('the password is empty');
  return password;
}

async function readPassword(file: string | undefined): Promise<string> {
  try {
    const content = file === undefined ? await text(process.stdin) : await readFile(file, 'utf8');
    return content.split(/\r?\n/, 1)[0] ?? '';
  } catch (cause) {
    throw invalidRequest('cli.usage', `the password cannot be read: ${messageOf(cause)}`, { cause });
  }
}
