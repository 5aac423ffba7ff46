import { symlinkSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { toAppError } from '../../../src/base/errors.ts';
import { claimDevice } from '../../../src/volumes/device-claim.ts';
import { resolveDevice, type Device } from '../../../src/volumes/device.ts';

/** Runs inside the guest: one JSON line in, one JSON line out. Our own resolver looks at the disks of a real kernel. */

interface Order {
  readonly do: 'resolve' | 'claim' | 'release' | 'link' | 'unlink' | 'run';
  readonly volumeUuid?: string;
  readonly expectedBytes?: number;
  readonly timeoutMs?: number;
  readonly name?: string;
  readonly target?: string;
  readonly argv?: readonly string[];
}

const DEVICE_DIR = '/tmp/by-id';
let resolved: Device | undefined;
let claim: FileHandle | undefined;

async function work(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'resolve':
      resolved = await resolveDevice({
        volumeUuid: order.volumeUuid ?? '',
        expectedBytes: order.expectedBytes ?? 0,
        timeoutMs: order.timeoutMs ?? 0,
        deviceDir: DEVICE_DIR,
        deviceFiles: false,
      });
      return resolved;
    case 'claim':
      if (resolved === undefined) throw new Error('nothing is resolved yet');
      claim = await claimDevice(resolved);
      return 'claimed';
    case 'release':
      await claim?.close();
      return 'released';
    case 'link':
      symlinkSync(order.target ?? '', `${DEVICE_DIR}/${order.name ?? ''}`);
      return 'linked';
    case 'unlink':
      rmSync(`${DEVICE_DIR}/${order.name ?? ''}`, { force: true });
      return 'gone';
    case 'run': {
      const [program = '', ...args] = order.argv ?? [];
      const ran = spawnSync(program, args, { encoding: 'utf8' });
      return { status: ran.status, output: ran.stdout + ran.stderr };
    }
  }
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
