import { cancelled } from '../../base/errors.ts';
import { usage } from '../options.ts';
import type { Terminal } from '../terminal.ts';
import { plainText } from '../view/text.ts';
import { askLine, canAsk } from './ask.ts';

/** What a person is asked before something that others notice. */
export interface Confirmation {
  /** What is about to happen, line by line. */
  readonly told: readonly string[];
  /** What the person types to go on: the name of the VM. */
  readonly word: string;
  /** --yes was given: nobody is asked. */
  readonly isGiven: boolean;
}

/**
 * @throws invalid-request `cli.usage` where nobody can be asked; cancelled `cli.not-confirmed`, `cli.interrupted`
 */
export async function confirm(
  terminal: Terminal,
  { told, word, isGiven }: Confirmation,
  signal: AbortSignal,
): Promise<void> {
  if (isGiven) return;
  if (!canAsk()) throw usage('there is no terminal to ask on: add --yes when you are sure');
  for (const line of told) terminal.err(plainText(line));
  const typed = await askLine(`Type ${plainText(word)} to go on: `, signal);
  if (typed === word) return;
  throw cancelled('cli.not-confirmed', 'nothing was done', { hint: `type ${word} to go on, or add --yes` });
}
