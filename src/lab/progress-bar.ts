/** A line that draws over itself on a terminal; elsewhere one line per state, so that a log stays readable. */
export interface ProgressBar {
  show(percent: number, what: string): void;
  end(): void;
}

const WIDTH = 32;

export function progressBar(tell: (text: string) => void, isTerminal = process.stderr.isTTY): ProgressBar {
  let last = '';
  return {
    show(percent, what) {
      const full = Math.round((Math.min(100, Math.max(0, percent)) / 100) * WIDTH);
      const bar = `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${percent.toFixed(1).padStart(5)} %  ${what}`;
      const line = isTerminal ? bar : what;
      if (line === last) return;
      last = line;
      tell(isTerminal ? `\r\u001b[K  ${line}` : `  ${line}\n`);
    },
    end() {
      if (isTerminal && last !== '') tell('\n');
    },
  };
}
