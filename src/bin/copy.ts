import { setFlagsFromString } from 'node:v8';

// Short-lived objects would otherwise let the young generation grow by 100 MB, which buys a copy nothing.
setFlagsFromString('--semi-space-growth-factor=1');
const { runCopy } = await import('../cli/copy.ts');

process.exitCode = await runCopy(process.argv.slice(2), {
  out: (line) => console.log(line),
  err: (line) => console.error(line),
  terminal: process.stderr.isTTY
    ? { draw: (text) => process.stderr.write(text), columns: () => process.stderr.columns }
    : undefined,
  threadModules: {
    carrier: new URL('../cli/copy-thread.ts', import.meta.url),
    reader: new URL('../cli/verify-thread.ts', import.meta.url),
  },
});
