// `npm run bench [-- NAME [--json]]`: one benchmark on servers of its own, or the list of them. Progress goes to stderr;
// with --json the last line of stdout is one object. Targets are told beside the figures and fail nothing.
import { parseArgs } from 'node:util';
import { BENCHMARKS } from '../bench/index.ts';
import { machine } from '../bench/frame/machine.ts';
import { setLogLevel } from '../src/base/logger.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const benchmark = BENCHMARKS.find(({ name }) => name === positionals[0]);
setLogLevel('warn');

if (benchmark === undefined) {
  for (const { name, what } of BENCHMARKS) console.log(`${name.padEnd(16)}${what}`);
  process.exitCode = positionals.length === 0 ? 0 : 2;
} else {
  const result = await benchmark.run((line) => console.error(line));
  const report = { benchmark: benchmark.name, machine: machine(), ...result };
  console.log(values.json === true ? JSON.stringify(report) : JSON.stringify(report, null, 2));
}
