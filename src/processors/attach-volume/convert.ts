import { z } from 'zod';
import { precondition } from '../../base/errors.ts';
import { findMapping } from '../../db/stores/device-mapping-store.ts';
import { distrustContents, findVolumeRow, markExported } from '../../db/stores/volume-store.ts';
import { Conversion } from '../../domain/failover/conversion.ts';
import type { JobRun } from '../../queues/define-job.ts';
import type { VolumeAction, VolumeResult } from '../../queues/jobs/attach-volume.ts';
import type { Volumes } from '../../volumes/context.ts';
import { untilLetGo } from '../../volumes/conversion/writers.ts';
import { claimDevice } from '../../volumes/device-claim.ts';
import { flushDevice } from '../../volumes/device-flush.ts';
import type { Device } from '../../volumes/device.ts';
import { once, outputOf } from './once.ts';

export interface ConvertWork {
  readonly run: JobRun<VolumeAction>;
  readonly action: VolumeAction & { action: 'convert' };
  readonly volumes: Pick<Volumes, 'exports' | 'device' | 'convert'>;
}

const DONE = { name: 'converted', output: Conversion };
const BEGUN = { name: 'conversion-begun', output: z.object({}) };

/**
 * Makes the guest on these volumes, all of one VM and attached here, fit for KVM, in place. From the first write on the
 * disks are distrusted, and an attempt that ended in the middle is not continued: once nothing that it left behind
 * writes to them any more this fails, and the caller, who has snapshots, sets the volumes back to them.
 * @throws precondition `conversion.interrupted`, `conversion.not-attached`, upstream `conversion.stuck`, `conversion.*` as convertDisks tells;
 * conflict `export.in-use`; not-found `volume.unknown`; what resolving the devices throws
 */
export async function convert(work: ConvertWork): Promise<VolumeResult> {
  const { run, action, volumes } = work;
  const earlier = await outputOf(run, DONE);
  if (earlier !== undefined) return resultOf(action, earlier);
  const isInterrupted = (await outputOf(run, BEGUN)) !== undefined;
  return inTurn(volumes.exports, [...action.volumeIds].sort(), async () => {
    const devices: Device[] = [];
    for (const volumeId of action.volumeIds) devices.push(await freeDevice(work, volumeId));
    if (isInterrupted) {
      await untilLetGo(new Set(devices.map(({ identity }) => identity)), run);
      throw interrupted(action);
    }
    await using claims = new AsyncDisposableStack();
    for (const device of devices) {
      // Nobody mounts them meanwhile, and the kernel gives their numbers to no other disks.
      const claim = await claimDevice(device);
      if (claim !== undefined) claims.defer(() => claim.close());
    }
    const conversion = await once(run, { ...DONE, act: () => actOn(work, devices) });
    run.log.info({ ...conversion }, 'guest looked at, and converted where that was needed');
    return resultOf(action, conversion);
  });
}

/** One lock after the other, in one order, so that two who want the same ones do not wait for each other. */
function inTurn<T>(exports: Volumes['exports'], volumeIds: readonly string[], work: () => Promise<T>): Promise<T> {
  const [first, ...rest] = volumeIds;
  return first === undefined ? work() : exports.exclusively(first, () => inTurn(exports, rest, work));
}

/** Its export is gone, it is at its last committed point, and its device is the right one. */
async function freeDevice({ run, volumes }: ConvertWork, volumeId: string): Promise<Device> {
  const { row, mapping } = await run.fenced(async (trx) => ({
    row: await findVolumeRow(trx, volumeId),
    mapping: await findMapping(trx, volumeId),
  }));
  if (row === undefined || mapping?.cloudstackState !== 'attached' || mapping.linuxState === 'n/a') {
    throw precondition('conversion.not-attached', `volume ${volumeId} is not attached to this appliance`, {
      details: { volumeId, vmId: mapping?.vmId ?? null, state: mapping?.cloudstackState ?? null },
      hint: 'all volumes of a VM must be attached to one OMA VM while it is converted',
    });
  }
  await volumes.exports.drop(volumeId, run.jobId);
  return volumes.device(volumeId, mapping.sizeBytes, run.signal);
}

async function actOn({ run, action, volumes }: ConvertWork, devices: readonly Device[]): Promise<Conversion> {
  const { volumeIds, osHint, firmware } = action;
  const report = await volumes.convert({
    disks: devices.map(({ path, kind }) => ({ path, kind })),
    osHint,
    firmware,
    signal: run.signal,
    beforeWrite: () => begin(run, volumeIds),
    onMessage: ({ type, text }) =>
      run.log[type === 'error' || type === 'warning' ? 'warn' : 'info']({ tool: 'virt-v2v' }, text),
  });
  if (report.outcome === 'converted') for (const device of devices) await flushDevice(device);
  return {
    outcome: report.outcome,
    reason: report.reason,
    osInfo: report.system,
    rootVolumeId: report.bootDisk === undefined ? null : (volumeIds[report.bootDisk] ?? null),
  };
}

async function begin(run: JobRun<VolumeAction>, volumeIds: readonly string[]): Promise<void> {
  await once(run, {
    ...BEGUN,
    act: () => Promise.resolve({}),
    async rows(trx) {
      for (const volumeId of volumeIds) {
        await markExported(trx, volumeId);
        await distrustContents(trx, volumeId, 'its guest was converted');
      }
    },
  });
}

const interrupted = ({ volumeIds }: ConvertWork['action']): Error =>
  precondition('conversion.interrupted', 'an earlier attempt ended in the middle of the conversion', {
    details: { volumeIds },
    hint: 'set the volumes back to the snapshots from before it, then convert again',
  });

const resultOf = ({ volumeIds }: ConvertWork['action'], conversion: Conversion): VolumeResult => ({
  volumeId: volumeIds[0] ?? '',
  devicePath: null,
  deviceId: null,
  sizeBytes: null,
  warning: null,
  conversion,
});
