import type { Knex } from 'knex';
import { sleep } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import { volumeLog } from '../base/logger.ts';
import { MINUTE, SECOND } from '../base/units.ts';
import type { CloudStackClient } from '../cloudstack/client.ts';
import { maxDataVolumes } from '../cloudstack/hypervisors.ts';
import { findInstance, type Instance } from '../cloudstack/instances.ts';
import { listVolumes } from '../cloudstack/volumes.ts';
import { mappingsOfVm } from '../db/stores/device-mapping-store.ts';
import { registerOmaVm } from '../db/stores/oma-vm-store.ts';
import type { OpenCloud } from './cloud.ts';
import type { FindOwnOmaVm } from './own-oma-vm.ts';

/** Keeps the row of this daemon's OMA VM in oma_vms: where the daemon is, that it lives, and how much room there is. */

const EVERY_MS = 5 * SECOND;
const LOOK_EVERY_MS = 1 * MINUTE;
const LOOK_WITHIN_MS = 20 * SECOND;
/**
 * Where neither a setting nor CloudStack says: a KVM guest on the classic PC board has 32 PCI places, of which about 8
 * belong to the board, network cards and the like; two are kept for what people attach.
 */
const SLOTS_ELSE = 24 - 2;

export interface RegisterOptions {
  readonly db: Knex;
  readonly own: FindOwnOmaVm;
  /** How workers reach this daemon. */
  readonly url: string;
  /** Most data disks at this VM; undefined: what CloudStack says. */
  readonly slots: number | undefined;
  /** Absent: nobody looks at CloudStack. */
  readonly openCloud: OpenCloud | undefined;
}

/** What CloudStack knows about the VM. */
interface Seen {
  readonly name: string | undefined;
  readonly zoneId: string | undefined;
  readonly slots: number | undefined;
  readonly foreignDisks: number | undefined;
}

const NOTHING: Seen = { name: undefined, zoneId: undefined, slots: undefined, foreignDisks: undefined };

/** Registers now and then every few seconds, until it is closed. A database or cloud that is away is tried again. */
export async function keepRegistered(options: RegisterOptions): Promise<AsyncDisposable> {
  const stop = new AbortController();
  await register(options, NOTHING);
  const running = keepGoing(options, stop.signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

async function keepGoing(options: RegisterOptions, signal: AbortSignal): Promise<void> {
  let lookAtMs = 0;
  while (!signal.aborted) {
    const isTime = performance.now() >= lookAtMs;
    if (isTime) lookAtMs = performance.now() + LOOK_EVERY_MS;
    await register(options, isTime ? await look(options, signal) : NOTHING);
    await sleep(EVERY_MS, signal).catch(() => undefined);
  }
}

async function register({ db, own, url, slots }: RegisterOptions, seen: Seen): Promise<void> {
  try {
    const vm = await own();
    if (vm?.config === undefined) return;
    await registerOmaVm(db, {
      ...seen,
      configId: vm.config.id,
      vmId: vm.vmId,
      volumeDaemonUrl: url,
      slots: slots ?? seen.slots,
      slotsElse: SLOTS_ELSE,
      zoneElse: vm.config.zone ?? '',
    });
  } catch (error) {
    volumeLog.warn({ error: describeError(error) }, 'this OMA VM could not be registered');
  }
}

async function look({ db, own, openCloud }: RegisterOptions, signal: AbortSignal): Promise<Seen> {
  try {
    const vm = await own();
    if (vm?.config === undefined || openCloud === undefined) return NOTHING;
    const either = AbortSignal.any([signal, AbortSignal.timeout(LOOK_WITHIN_MS)]);
    const { client } = await openCloud(vm.config.id);
    const instance = await findInstance(client, vm.vmId, { signal: either });
    // A volume that is attached or detached meanwhile has a mapping before or after.
    const before = await mappingsOfVm(db, vm.vmId);
    const attached = await listVolumes(client, { vmId: vm.vmId, type: 'DATADISK' }, { signal: either });
    const after = await mappingsOfVm(db, vm.vmId);
    const ours = new Set([...before, ...after].map((mapping) => mapping.volumeUuid));
    return {
      name: instance?.name,
      zoneId: instance?.zoneId,
      slots: await slotsOf(client, instance, either),
      foreignDisks: attached.filter((volume) => !ours.has(volume.id)).length,
    };
  } catch (error) {
    if (!signal.aborted) volumeLog.warn({ error: describeError(error) }, 'cloudstack does not tell about this OMA VM');
    return NOTHING;
  }
}

async function slotsOf(
  client: CloudStackClient,
  instance: Instance | undefined,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (instance?.hypervisor === undefined) return undefined;
  return maxDataVolumes(client, { hypervisor: instance.hypervisor }, { signal });
}
