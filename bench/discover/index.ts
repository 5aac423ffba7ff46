import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { GiB } from '../../src/base/units.ts';
import { freePort } from '../../src/lab/embedded/free-port.ts';
import { Parts } from '../../src/lab/parts.ts';
import { below, type Benchmark } from '../frame/benchmark.ts';
import { cpuMs } from '../frame/cpu-time.ts';
import { assertAll, closedLoop } from '../frame/load.ts';
import { memoryFolder } from '../frame/memory-folder.ts';
import { openStage, type Stage } from '../frame/stage.ts';
import { median, rounded } from '../frame/statistics.ts';

const VMS = 2_000;
const ROUNDS = 5;
const WITHIN_S = 10;
const DATACENTER = 'Lab';

export const discover: Benchmark = {
  name: 'discover',
  what: `POST /discovery/discover-vms of a vCenter with ${VMS} VMs, through API and VMA, against pyvmomi at the vCenter`,
  async run(say) {
    await using stack = new AsyncDisposableStack();
    const dir = mkdtempSync(join(memoryFolder(GiB), 'mk-discover-'));
    stack.defer(() => rmSync(dir, { recursive: true, force: true }));
    const vcenter = await startVcenter(dir, stack);
    say(`a vCenter with ${VMS} VMs runs`);
    const vmaPort = await freePort();
    const vmaEnv = {
      MIGRATEKIT_VMA_URL: `http://127.0.0.1:${vmaPort}`,
      MIGRATEKIT_VMA_TOKEN: 'bench-token-of-the-vma',
    };
    const stage = stack.use(await openStage(vmaEnv));
    const parts = new Parts({
      home: process.cwd(),
      logDir: join(stage.env['MIGRATEKIT_STATE_DIR'] ?? dir, '..', 'logs'),
      env: { ...stage.env, MIGRATEKIT_VMA_PORT: String(vmaPort) },
      onRestart: () => undefined,
      onGivenUp: () => undefined,
    });
    stack.defer(() => parts.stopAll());
    await parts.serve('vma', { url: `http://127.0.0.1:${vmaPort}/health` });
    return await measure({ stage, vcenter, vmaPid: parts.ids[0]?.pid ?? 0 }, say);
  },
};

interface Scene {
  readonly stage: Stage;
  readonly vcenter: VcenterProcess;
  readonly vmaPid: number;
}

async function measure(scene: Scene, say: (line: string) => void): Promise<Record<string, unknown>> {
  const [found, peers, vmaMs]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const before = cpuMs(scene.vmaPid);
    const ours = await discoverOnce(scene, false);
    const cpu = cpuMs(scene.vmaPid) - before;
    const peer = await readWithPyvmomi(scene.vcenter);
    say(`round ${round}: ours ${ours.toFixed(2)} s, pyvmomi ${peer.toFixed(2)} s`);
    // The first one warms both up.
    if (round === 0) continue;
    found.push(ours);
    peers.push(peer);
    vmaMs.push(cpu);
  }
  const adding = await discoverOnce(scene, true);
  return {
    vms: VMS,
    rounds: ROUNDS,
    pyvmomi_s: rounded(median(peers)),
    vma_cpu_s: rounded(median(vmaMs) / 1000),
    speed: rounded(median(peers) / median(found)),
    figures: { discover_s: below(median(found), WITHIN_S), discover_and_add_s: below(adding, WITHIN_S) },
  };
}

const answer = z.object({ discovery_count: z.int() });

/** @returns seconds of one request */
async function discoverOnce({ stage, vcenter }: Scene, createContexts: boolean): Promise<number> {
  const { host, port, username, password, thumbprint: vcenter_thumbprint } = vcenter;
  const account = { vcenter: `${host}:${port}`, username, password, datacenter: DATACENTER, vcenter_thumbprint };
  const body = { ...account, create_context: createContexts };
  const load = await closedLoop(stage, [{ method: 'POST', path: '/discovery/discover-vms', body }], 1);
  assertAll(load, 200);
  const { discovery_count: count } = answer.parse(JSON.parse(load.answers[0]?.body ?? '{}'));
  if (count !== VMS) throw new Error(`${count} VMs were discovered, not ${VMS}`);
  return load.seconds;
}

/** @returns seconds from its start to its end */
async function readWithPyvmomi({ host, port, username, password }: VcenterProcess): Promise<number> {
  const begin = performance.now();
  const child = spawn('/usr/bin/python3', ['bench/discover/peer.py', host, String(port), username], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const said: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  child.stdin.end(`${password}\n`);
  await once(child, 'close');
  const count = Number(Buffer.concat(said).toString().split(' ')[0]);
  if (count !== VMS) throw new Error(`pyvmomi found ${count} VMs, not ${VMS}`);
  return (performance.now() - begin) / 1000;
}

interface VcenterProcess {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly thumbprint: string;
}

const ready = z.object({ url: z.string(), username: z.string(), thumbprint: z.string(), keys_file: z.string() });

/** In a process of its own, as there: it is not to take turns with whom it is measured by. */
async function startVcenter(dir: string, stack: AsyncDisposableStack): Promise<VcenterProcess> {
  const args = ['src/bin/lab-vcenter.ts', '--dir', join(dir, 'vcenter'), '--generate', String(VMS)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  stack.defer(async () => {
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    await ended;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, username, thumbprint, keys_file: keysFile } = ready.parse(JSON.parse(line));
    const { password } = z.object({ password: z.string() }).parse(JSON.parse(readFileSync(keysFile, 'utf8')));
    const { hostname, port } = new URL(url);
    return { host: hostname, port: Number(port), username, password, thumbprint };
  }
  throw new Error(`the simulated vCenter ended before it was ready: ${child.exitCode}`);
}
