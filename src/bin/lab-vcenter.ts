// The simulated vCenter as a process of its own. One line of JSON on stdout when it listens; its password stays in a file.
import { parseArgs } from 'node:util';
import { startVcenterSimulator } from '../lab/vcenter/simulator.ts';

const { values } = parseArgs({
  options: {
    dir: { type: 'string' },
    port: { type: 'string', default: '0' },
    generate: { type: 'string', default: '0' },
    'task-delay-ms': { type: 'string', default: '100' },
  },
});

if (values.dir === undefined) {
  console.error('usage: lab-vcenter --dir DIR [--port N] [--generate VMS] [--task-delay-ms N]');
  process.exitCode = 2;
} else {
  const simulator = await startVcenterSimulator({
    dir: values.dir,
    port: Number(values.port),
    generate: { count: Number(values.generate) },
    taskDelayMs: Number(values['task-delay-ms']),
  });
  const { url, username, thumbprint, frozenDir, controlUrl, keysFile } = simulator;
  const ready = { url, username, thumbprint, frozen_dir: frozenDir, control_url: controlUrl, keys_file: keysFile };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void simulator.close());
}
