import { spawnSync } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { toAppError } from '../../../src/base/errors.ts';
import { claimDevice } from '../../../src/volumes/device-claim.ts';
import { resolveDevice, type Device } from '../../../src/volumes/device.ts';

/** Runs inside the guest: one JSON line in, one JSON line out. Our own resolver looks at the disks of a real kernel. */

interface Order {
  readonly do: string;
  readonly volumeUuid?: string;
  readonly expectedBytes?: number;
  readonly timeoutMs?: number;
  readonly script?: string;
}

let resolved: Device | undefined;
let claim: FileHandle | undefined;

const DEEDS: Readonly<Record<string, (order: Order) => unknown>> = {
  async resolve({ volumeUuid = '', expectedBytes = 0, timeoutMs = 0 }) {
    const folders = { deviceDir: '/tmp/by-id', deviceFiles: false };
    resolved = await resolveDevice({ ...folders, volumeUuid, expectedBytes, timeoutMs });
    return resolved;
  },
  async claim() {
    if (resolved === undefined) throw new Error('nothing is resolved yet');
    claim = await claimDevice(resolved);
    return 'claimed';
  },
  async release() {
    await claim?.close();
    return 'released';
  },
  run({ script = '' }) {
    const ran = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    return { status: ran.status, output: ran.stdout + ran.stderr };
  },
};

function work(order: Order): unknown {
  const deed = DEEDS[order.do];
  if (deed === undefined) throw new Error(`nobody knows how to ${order.do}`);
  return deed(order);
}

process.stdout.write(`${JSON.stringify({ value: 'ready' })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  try {
    process.stdout.write(`${JSON.stringify({ value: await work(JSON.parse(line) as Order) })}\n`);
  } catch (error) {
    const { code, message } = toAppError(error);
    process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
  }
}
