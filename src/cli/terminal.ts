import type { Shell } from '../config/env.ts';
import { paints, type Paint } from './view/paint.ts';
import type { Sheet } from './view/table.ts';

/** Where a command's answers go, and its remarks. */
export interface Terminal extends Sheet {
  /** One line of the answer, on stdout. */
  out(line: string): void;
  /** One line for the person, on stderr. */
  err(line: string): void;
  /** Bytes as they are, on stdout: for what draws over itself. */
  draw(text: string): void;
  /** Whether stdout is a terminal that can be drawn on. */
  readonly isLive: boolean;
  readonly rows: number;
  /** The colours of stderr. */
  readonly errPaint: Paint;
  /** Calls back when the size changed; returns what ends that. */
  onResize(changed: () => void): () => void;
}

type Stream = NodeJS.WriteStream;

/**
 * The terminal of this process. `onClosed` is called when the reader of stdout went away (`| head`): nothing more is
 * written then, and nothing is wrong.
 */
export function processTerminal(shell: Shell, onClosed: () => void): Terminal {
  const { stdout, stderr } = process;
  let isClosed = false;
  stdout.on('error', () => {
    isClosed = true;
    onClosed();
  });
  // Nobody reads our remarks: that is no reason to end.
  stderr.on('error', () => undefined);
  const draw = (text: string): void => void (isClosed || stdout.write(text));
  return {
    draw,
    out: (line) => draw(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
    get width() {
      return stdout.isTTY ? stdout.columns : Infinity;
    },
    get rows() {
      return stdout.isTTY ? stdout.rows : Infinity;
    },
    isLive: stdout.isTTY && shell.TERM !== 'dumb',
    paint: paints(mayColour(shell, stdout)),
    errPaint: paints(mayColour(shell, stderr)),
    onResize(changed) {
      stdout.on('resize', changed);
      return () => void stdout.off('resize', changed);
    },
  };
}

/** https://no-color.org: any value that is not empty switches colours off. */
const mayColour = (shell: Shell, stream: Stream): boolean =>
  stream.isTTY && shell.NO_COLOR === undefined && shell.TERM !== 'dumb';
