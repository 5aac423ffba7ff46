import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createCloudStackClient, type CloudStackClient } from '../../src/cloudstack/client.ts';
import { Secret } from '../../src/config/secrets.ts';
import { openKeys } from '../../src/lab/cloudstack/keys.ts';
import { QUICK_POLL } from './cloudstack.ts';

/** The simulated cloud as the process of its own that the lab starts. */
export interface CloudProcess {
  readonly endpoint: string;
  readonly ids: { readonly zone: string; readonly diskOffering: string; readonly omaVm: string };
  readonly deviceDir: string;
  readonly client: CloudStackClient;
  readonly commandLine: string;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

interface Ready {
  endpoint: string;
  device_dir: string;
  keys_file: string;
  ids: CloudProcess['ids'];
}

export async function startCloudProcess(dir: string, args: readonly string[] = []): Promise<CloudProcess> {
  const entry = join(process.cwd(), 'src/bin/lab-cloudstack.ts');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, entry, '--dir', dir, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ready = await firstLine(child);
  const { admin } = openKeys(dir);
  return {
    endpoint: ready.endpoint,
    ids: ready.ids,
    deviceDir: ready.device_dir,
    client: createCloudStackClient({
      endpoint: ready.endpoint,
      apiKey: new Secret(admin.apiKey),
      secretKey: new Secret(admin.secretKey),
      poll: QUICK_POLL,
    }),
    commandLine: readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').replaceAll('\0', ' '),
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<Ready> {
  if (child.stdout === null) throw new Error('the process has no stdout');
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) return JSON.parse(line) as Ready;
  throw new Error(`the process ended before it was ready: ${child.exitCode}`);
}
