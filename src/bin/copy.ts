import { runCopy } from '../cli/copy.ts';

process.exitCode = await runCopy(process.argv.slice(2), {
  out: (line) => console.log(line),
  err: (line) => console.error(line),
});
