import type { Shell } from '../config/env.ts';
import { Api } from './client/api.ts';
import { findConnection } from './session/connection.ts';
import type { Terminal } from './terminal.ts';
import { jsonLine } from './view/text.ts';

/** What every command is given. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly shell: Shell;
  /** Aborts with `cli.interrupted` at Ctrl-C, and when nobody reads the answer any more. */
  readonly signal: AbortSignal;
}

export interface Command {
  /** What `--help` prints. */
  readonly help: string;
  /** @returns the exit status (exit-code.ts). What it throws is reported by the caller. */
  run(context: CommandContext, args: readonly string[]): Promise<number>;
}

/** The API of the lab in `lab`, or of the environment, or where the person is signed in. */
export async function openApi(context: CommandContext, lab: string | undefined): Promise<Api> {
  return new Api(await findConnection(context.shell, lab), context.signal);
}

/** The answer of a command with `--json`. */
export function outJson(terminal: Terminal, value: unknown): void {
  terminal.out(jsonLine(value));
}
