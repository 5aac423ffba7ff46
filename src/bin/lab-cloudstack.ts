// The simulated CloudStack as a process of the lab. One line of JSON on stdout when it listens; keys stay in a file.
import { parseArgs } from 'node:util';
import { startCloudStackSimulator } from '../lab/cloudstack/simulator.ts';

const { values } = parseArgs({
  options: {
    dir: { type: 'string' },
    port: { type: 'string', default: '0' },
    'job-delay-ms': { type: 'string', default: '50' },
    'device-delay-ms': { type: 'string', default: '100' },
    'jobs-after-restart': { type: 'string', default: 'fail' },
    'oma-mac': { type: 'string' },
    devices: { type: 'string', default: 'file' },
    'oma-vms': { type: 'string', default: '1' },
    guests: { type: 'boolean', default: false },
  },
});

if (values.dir === undefined) {
  console.error(
    'usage: lab-cloudstack --dir DIR [--port N] [--job-delay-ms N] [--device-delay-ms N] [--oma-vms N] [--devices file|loop|auto] [--guests]',
  );
  process.exitCode = 2;
} else {
  const simulator = await startCloudStackSimulator({
    dir: values.dir,
    port: Number(values.port),
    jobDelayMs: Number(values['job-delay-ms']),
    deviceDelayMs: Number(values['device-delay-ms']),
    jobsAfterRestart: values['jobs-after-restart'] === 'resume' ? 'resume' : 'fail',
    devices: values.devices === 'loop' || values.devices === 'auto' ? values.devices : 'file',
    omaVms: Number(values['oma-vms']),
    guests: values.guests,
    ...(values['oma-mac'] === undefined ? {} : { omaMacAddress: values['oma-mac'] }),
  });
  const { endpoint, controlUrl, ids, deviceDir, deviceDirs, keysFile } = simulator;
  const devices = { device_dir: deviceDir, device_dirs: deviceDirs };
  const ready = { endpoint, control_url: controlUrl, keys_file: keysFile, ...devices, ids };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void simulator.close());
}
