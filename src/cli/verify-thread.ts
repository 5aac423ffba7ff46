import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../base/invariant.ts';
import { openNbdDevice } from '../nbd/device.ts';
import { serveReader } from '../transfer/verify/reader-thread.ts';
import type { SideOpening } from './copy-sides.ts';

// What one more thread of `copy --verify` runs: the target, over connections of its own.
invariant(parentPort !== null, 'this module is the entry of a thread');
const { uri, options } = workerData as SideOpening;
await serveReader(parentPort, async (signal) => {
  const device = await openNbdDevice(uri, { ...options, readOnly: true, signal });
  return { device, close: () => device.close() };
});
