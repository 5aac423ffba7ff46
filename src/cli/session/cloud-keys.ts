import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { invalidRequest } from '../../base/errors.ts';
import { usage } from '../options.ts';
import { messageOf } from '../thrown.ts';
import { askSecret, canAsk } from './ask.ts';

/** Options of commands that take the keys of a CloudStack; they are never arguments: those can be seen by others. */
export const KEY_OPTIONS = {
  'keys-stdin': { type: 'boolean', default: false },
  'keys-file': { type: 'string' },
} as const;

export const KEY_OPTIONS_HELP = `  --keys-stdin       the keys are the first two lines of standard input: API key, then secret key
  --keys-file F      the same from this file`;

export interface KeyOptions {
  readonly 'keys-stdin': boolean;
  readonly 'keys-file'?: string | undefined;
}

export interface CloudKeys {
  readonly api_key: string;
  readonly secret_key: string;
}

export const areKeysGiven = (options: KeyOptions): boolean =>
  options['keys-stdin'] || options['keys-file'] !== undefined;

/** The keys, from where the options say, or asked for. @throws invalid-request `cli.usage` */
export async function takeKeys(options: KeyOptions, signal: AbortSignal): Promise<CloudKeys> {
  if (options['keys-stdin'] && options['keys-file'] !== undefined) {
    throw usage('--keys-stdin and --keys-file exclude each other');
  }
  const [apiKey = '', secretKey = ''] = areKeysGiven(options)
    ? await readKeys(options['keys-file'])
    : await askKeys(signal);
  if (apiKey === '' || secretKey === '') throw usage('both keys are needed: API key and secret key');
  return { api_key: apiKey, secret_key: secretKey };
}

async function askKeys(signal: AbortSignal): Promise<string[]> {
  if (!canAsk()) throw usage('there is no terminal to ask on: use --keys-stdin or --keys-file');
  const apiKey = await askSecret('API key: ', signal);
  return [apiKey.trim(), (await askSecret('Secret key: ', signal)).trim()];
}

async function readKeys(file: string | undefined): Promise<string[]> {
  try {
    const content = file === undefined ? await text(process.stdin) : await readFile(file, 'utf8');
    return content.split(/\r?\n/, 2).map((line) => line.trim());
  } catch (cause) {
    throw invalidRequest('cli.usage', `the keys cannot be read: ${messageOf(cause)}`, { cause });
  }
}
