import { z } from 'zod';
import { type AppError, toAppError } from '../base/errors.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import type { Terminal } from './terminal.ts';
import type { Paint } from './view/paint.ts';
import { jsonLine, plainText } from './view/text.ts';

/** What went wrong, for the person on stderr and for a program on stdout. */

export interface Failure {
  /** As it was called: `vms show`. */
  readonly command: string;
  readonly json: boolean;
}

/** @returns the exit status */
export function reportError(terminal: Terminal, thrown: unknown, { command, json }: Failure): number {
  const error = toAppError(thrown);
  const exitStatus = exitCodeOf(error);
  if (json && exitStatus !== EXIT.interrupted) terminal.out(jsonLine(errorJson(error)));
  // Who pressed Ctrl-C knows, and what goes on was said.
  if (exitStatus !== EXIT.interrupted) showError(terminal, error, command);
  return exitStatus;
}

export function showError(terminal: Terminal, error: AppError, command: string): void {
  for (const line of errorLines(error, command, terminal.errPaint)) terminal.err(line);
}

/** `{"error": {...}}`, as every command prints it with --json. */
export function errorJson(error: AppError): object {
  const { code, message, hint = null } = error;
  const request_id = requestIdOf(error) ?? null;
  return { error: { code, message, hint, request_id, errors: fieldsOf(error), exit_status: exitCodeOf(error) } };
}

function errorLines(error: AppError, command: string, { bad, dim }: Paint): string[] {
  const { code, message } = error;
  const isUsage = code === 'cli.usage';
  const hint = error.hint ?? (isUsage ? `see migratekit ${command} --help` : undefined);
  const requestId = error.kind === 'upstream' ? requestIdOf(error) : undefined;
  return [
    `${bad(`migratekit ${command}:`)} ${plainText(message)}${isUsage ? '' : ` (${plainText(code)})`}`,
    ...fieldsOf(error).map((field) => `  ${plainText(field.path)}: ${plainText(field.message)}`),
    ...(hint === undefined ? [] : [`  ${dim('hint:')} ${plainText(hint)}`]),
    ...(requestId === undefined ? [] : [`  ${dim('request:')} ${plainText(requestId)}; the log of the API has more`]),
  ];
}

const Fields = z.array(z.object({ path: z.string(), message: z.string() })).catch([]);
const fieldsOf = (error: AppError) => Fields.parse(error.details['errors']);

function requestIdOf(error: AppError): string | undefined {
  const id = error.details['request_id'];
  return typeof id === 'string' ? id : undefined;
}
