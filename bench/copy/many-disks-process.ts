// Copies several disks at once in this process, as a worker does with the disks of a VM: the argument is a ManyDisks.
import { readFileSync } from 'node:fs';
import { KiB, SECOND } from '../../src/base/units.ts';
import { openNbdDevice } from '../../src/nbd/device.ts';
import { copyDisk } from '../../src/transfer/copy-disk.ts';
import { RateLimit } from '../../src/transfer/rate-limit.ts';

export interface ManyDisks {
  readonly disks: readonly {
    readonly source: string;
    readonly target: string;
    readonly inFlight?: number;
  }[];
  /** All of them together. */
  readonly rateBytesPerS?: number;
}

export interface ManyDisksOutcome {
  readonly seconds: number;
  readonly bytesCopied: number;
  /** The most memory that the process held. */
  readonly peakBytes: number;
  /** The share of its own bytes that the slowest disk had when the first one was done. */
  readonly slowest: number;
}

const { disks, rateBytesPerS } = JSON.parse(process.argv[2] ?? '') as ManyDisks;
const limit = new RateLimit(rateBytesPerS);
const shares = disks.map(() => 0);
let slowest: number | undefined;

const startedAtMs = performance.now();
const results = await Promise.all(
  disks.map(async ({ source, target, inFlight }, at) => {
    await using from = await openNbdDevice(source, { readOnly: true });
    await using to = await openNbdDevice(target);
    const result = await copyDisk({
      source: from,
      target: to,
      lengthBytes: from.sizeBytes,
      rate: new RateLimit(undefined, { within: limit }),
      inFlight,
      progress: ({ bytesTotal, bytesCopied, bytesZeroed }) => (shares[at] = (bytesCopied + bytesZeroed) / bytesTotal),
    });
    slowest ??= Math.min(...shares);
    return result;
  }),
);
const outcome: ManyDisksOutcome = {
  seconds: (performance.now() - startedAtMs) / SECOND,
  bytesCopied: results.reduce((sum, { bytesCopied }) => sum + bytesCopied, 0),
  peakBytes: Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? NaN) * KiB,
  slowest: slowest ?? NaN,
};
console.log(JSON.stringify(outcome));
