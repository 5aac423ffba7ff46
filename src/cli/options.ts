import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { type AppError, invalidRequest } from '../base/errors.ts';
import { messageOf } from './thrown.ts';

/** Every command of the API's client has these. */
const COMMON = {
  json: { type: 'boolean', default: false },
  lab: { type: 'string' },
} as const;

export const COMMON_HELP = `  --json             one JSON object on stdout (with --follow one per line) and nothing else there
  --lab DIR          use the API of the lab in DIR (or MIGRATEKIT_LAB_DIR)
  --help             this text`;

type Parsed<T extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: T & typeof COMMON; allowPositionals: true; strict: true }>
>;

/** How many arguments a command takes besides its options. */
export interface Arity {
  readonly least: number;
  readonly most: number;
  /** As the usage line names them. */
  readonly what: string;
}

/** @throws invalid-request `cli.usage` */
export function parseOptions<T extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: T,
  arity: Arity = { least: 0, most: 0, what: '' },
): Parsed<T> {
  const parsed = parse(args, options);
  const count = parsed.positionals.length;
  if (count < arity.least) throw usage(`expected ${arity.what}`);
  if (count > arity.most) throw usage(`unexpected argument ${parsed.positionals[arity.most] ?? ''}`);
  return parsed;
}

function parse<T extends ParseArgsOptionsConfig>(args: readonly string[], options: T): Parsed<T> {
  try {
    return parseArgs({ args: [...args], options: { ...COMMON, ...options }, allowPositionals: true, strict: true });
  } catch (error) {
    const message = messageOf(error);
    throw usage((message.split('\n', 1)[0] ?? message).replace(/\.( To specify.*)?$/, ''));
  }
}

/** A whole number from 1; undefined when the option was not given. @throws invalid-request `cli.usage` */
export function wholeNumber(option: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw usage(`${option} takes a whole number from 1 to ${most}, not "${text}"`);
}

/** @throws invalid-request `cli.usage` */
export function oneOf<T extends string>(option: string, text: string | undefined, words: readonly T[]): T | undefined {
  if (text === undefined) return undefined;
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw usage(`${option} is one of ${words.join(', ')}; not "${text}"`);
}

export const usage = (message: string): AppError => invalidRequest('cli.usage', message);
