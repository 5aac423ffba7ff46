import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../base/invariant.ts';
import { openNbdDevice } from '../nbd/device.ts';
import { serveCarrier, type ThreadDevices } from '../transfer/carrier-thread.ts';
import type { ThreadOpening } from './copy-sides.ts';

// What one more thread of `copy` runs: the same two ends, over connections of its own.
invariant(parentPort !== null, 'this module is the entry of a thread');
const opening = workerData as ThreadOpening;
await serveCarrier(parentPort, openBoth);

async function openBoth(signal: AbortSignal): Promise<ThreadDevices> {
  const source = await openNbdDevice(opening.source.uri, { ...opening.source.options, signal });
  try {
    const target = await openNbdDevice(opening.target.uri, { ...opening.target.options, signal });
    const close = async (): Promise<void> => {
      await Promise.all([source.close(), target.close()]);
    };
    return { source, target, close };
  } catch (error) {
    await source.close();
    throw error;
  }
}
