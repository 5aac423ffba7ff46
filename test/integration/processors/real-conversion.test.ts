import { readFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MiB, MINUTE } from '../../../src/base/units.ts';
import { select } from '../../../src/db/sql.ts';
import { findFailover } from '../../../src/db/stores/failover-store.ts';
import { BootVerdict } from '../../../src/domain/failover/boot-verdict.ts';
import type { FailoverOptions } from '../../../src/domain/failover/options.ts';
import { writersOf } from '../../../src/volumes/conversion/writers.ts';
import { identify } from '../../../src/volumes/device-identity.ts';
import { standingPlacement, type ReplicaOfVsphere } from '../../support/failover-scenarios.ts';
import { liveFailover, placementOf, submitFailover, testFailover } from '../../support/failovers.ts';
import { guestAccount } from '../../support/guest/console.ts';
import { DATA_BYTES, debianImages, SYSTEM_BYTES } from '../../support/guest/debian-image.ts';
import { expectJob } from '../../support/job-story.ts';
import { MortalDaemon } from '../../support/mortal-daemon.ts';
import { noise } from '../../support/nbd-servers.ts';
import { processesNaming, processNaming, standStill } from '../../support/processes.ts';
import { submitRollback } from '../../support/rollbacks.ts';
import { until } from '../../support/until.ts';
import { openVsphereStand, VsphereVm, type VsphereStand } from '../../support/vsphere-stand.ts';

/**
 * The real virt-v2v-in-place on the replica of a Debian that has no drivers for KVM, on the whole road and when it is
 * killed. CONVERSION=FOLDER runs it, as root on a Debian with virt-v2v; the folder keeps the guest (CONTRIBUTING.md).
 */
const { CONVERSION: folder } = process.env;
const describeAsked = folder === undefined ? describe.skip : describe;

/** Without KVM, on a machine that is busy. */
const LONG_MS = 60 * MINUTE;
jest.setTimeout(2 * LONG_MS);

/** The head of its group. */
function virtV2v(): number | undefined {
  try {
    return processNaming('/conversion-', 'virt-v2v-in-place');
  } catch {
    // None, or several: one that was just forked has the name of its parent.
    return undefined;
  }
}

/** Who has this file open for writing, where anybody has. */
async function writersTo(path: string): Promise<number[] | undefined> {
  const file = await identify(path);
  const pids = await writersOf(new Set(file === undefined ? [] : [file.identity]));
  return pids.length === 0 ? undefined : pids;
}

/** To disks. Source: proc_pid_io(5). */
const bytesWrittenBy = (pid: number): number =>
  Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);

describeAsked('a guest and the real virt-v2v', () => {
  let lab: VsphereStand;
  let replica: ReplicaOfVsphere;
  let worker: Promise<void>;
  let stopWorker = (): void => undefined;

  async function replicated(): Promise<ReplicaOfVsphere> {
    const images = await debianImages(folder ?? '');
    const dir = join(lab.stand.root, 'debian');
    await mkdir(dir);
    await copyFile(images.system, join(dir, '2000.img'));
    await copyFile(images.data, join(dir, '2001.img'));
    const disks = [
      { capacityBytes: SYSTEM_BYTES, image: '2000.img', isImageMade: true },
      { capacityBytes: DATA_BYTES, image: '2001.img', isImageMade: true },
    ];
    const vm = VsphereVm.makeSo(lab, { dir, disks });
    await expectJob(lab.stand.db, await vm.replicate(), { status: 'completed' });
    const contextId = await vm.contextId();
    expect(await vm.wrongDisks()).toEqual([]);
    return { vm, contextId, before: await placementOf(lab.stand, contextId) };
  }

  beforeAll(async () => {
    const settings = {
      MIGRATEKIT_RELAY_MS: '30',
      MIGRATEKIT_RECONCILE_MS: '100',
      MIGRATEKIT_LIBGUESTFS_SETTINGS: 'force_tcg',
    };
    lab = await openVsphereStand(settings, {}, { guests: true });
    replica = await replicated();
    const { simulator } = lab.stand.cloud;
    const env = {
      MIGRATEKIT_CONSOLE_TEXT_URL: `${simulator.controlUrl}/vms/{vm_id}/console`,
      MIGRATEKIT_CONSOLE_TEXT_TOKEN: simulator.controlToken.reveal(),
    };
    const stopped = new Promise<void>((resolve) => (stopWorker = resolve));
    worker = lab.stand.withWorker(() => stopped, { env });
  });
  afterAll(async () => {
    stopWorker();
    await worker;
    await lab[Symbol.asyncDispose]();
  });

  /** Of the last one, inspection included. */
  async function secondsOfConversion(): Promise<number | undefined> {
    const [row] = await select<{ seconds: number }>(
      lab.stand.db,
      `SELECT timestampdiff(second, started_at, completed_at) AS seconds FROM job_tracking
        WHERE operation = 'attach-volume' AND json_value(payload, '$.action') = 'convert' ORDER BY id DESC LIMIT 1`,
      [],
    );
    return row?.seconds;
  }

  const ended = (jobId: string) => lab.stand.ended(jobId, LONG_MS);

  /** Submitted; the VM has the memory that its system needs. */
  function begun(options: FailoverOptions): Promise<string> {
    const { ids } = lab.stand.cloud.simulator;
    return submitFailover(lab.stand, replica.contextId, { ...options, serviceOfferingId: ids.serviceOffering });
  }

  async function takenBack(failoverJobId: string): Promise<void> {
    const { contextId } = replica;
    const jobId = await submitRollback(lab.stand, { contextId, failoverJobId, powerOnSource: true });
    await expectJob(lab.stand.db, await ended(jobId), { status: 'completed' });
  }

  /** Nobody can tell that there was a failover, and the next cycle builds on what is there. */
  async function expectBack(seed: number): Promise<void> {
    const { vm, contextId, before } = replica;
    for (const path of await vm.targetPaths()) expect(processesNaming(path)).toEqual([]);
    expect(await placementOf(lab.stand, contextId)).toEqual(before);
    expect(lab.control.vm(vm.name).powerState).toBe('poweredOn');
    expect(vm.leftSnapshots()).toEqual([]);
    expect(await vm.wrongDisks()).toEqual([]);
    await vm.write(2000, SYSTEM_BYTES - 70_000, noise(70_000, seed));
    await vm.write(2001, DATA_BYTES / 2, noise(1_000_000, seed));
    const next = await ended(await vm.submit());
    await expectJob(lab.stand.db, next, { status: 'completed' });
    const result: unknown = JSON.parse(next.resultJson ?? 'null');
    process.stdout.write(`next replication: ${next.resultJson}\n`);
    expect(result).toMatchObject({ type: 'incremental' });
    expect(await vm.wrongDisks()).toEqual([]);
    expect(await vm.behind()).toEqual([]);
  }

  test('that has no drivers for KVM boots after its conversion only, and comes back byte by byte', async () => {
    const { vm, contextId } = replica;
    const unconverted = await begun(testFailover(lab.stand));
    await expectJob(lab.stand.db, await ended(unconverted), { status: 'completed' });
    expect(await findFailover(lab.stand.db, unconverted)).toMatchObject({
      conversion: { outcome: 'skipped' },
      bootVerdict: { verdict: 'not-booted' },
    });
    await takenBack(unconverted);

    const options = { powerOffSource: true, performFinalSync: true, skipVirtio: false };
    const failoverJobId = await begun(liveFailover(lab.stand, options));
    await expectJob(lab.stand.db, await ended(failoverJobId), { status: 'completed' });
    const failover = await findFailover(lab.stand.db, failoverJobId);
    const { verdict, seconds } = BootVerdict.parse(failover?.bootVerdict);
    process.stdout.write(`converted in ${await secondsOfConversion()} s, ${verdict} after ${seconds} s\n`);
    const systemVolume = lab.stand.cloud.simulator.world.volumes.find(
      ({ vmId, deviceId }) => vmId === failover?.destinationVmId && deviceId === 0,
    );
    expect(failover).toMatchObject({
      conversion: {
        outcome: 'converted',
        osInfo: { kind: 'linux', distribution: 'debian' },
        rootVolumeId: systemVolume?.id,
      },
      bootVerdict: { verdict: 'booted', vmState: 'Running' },
    });
    const vms = [{ name: vm.name, state: 'Running' }];
    expect(await placementOf(lab.stand, contextId)).toEqual(standingPlacement(vms, 'failed_over_live'));
    expect(lab.control.vm(vm.name).powerState).toBe('poweredOff');
    const said = guestAccount(lab.stand.cloud.simulator.consoleText(failover?.destinationVmId ?? '') ?? '');
    expect(said.isReady).toBe(true);
    expect(said.lines[0]).toMatchObject({ root: '/dev/vda1', fstab: '/dev/vda1,/dev/vdb,' });
    expect(said.lines.flatMap((line) => line['wrote'] ?? [])).toEqual(['/var/lib', '/data']);
    expect(await vm.wrongDisks()).toEqual(['disk-2000', 'disk-2001']);

    await takenBack(failoverJobId);
    await expectBack(1);
  });

  /** virt-v2v has written to the disks, and works on. @returns the head of its group, and who writes for it */
  async function converting(): Promise<{ head: number; writers: readonly number[] }> {
    const [path = ''] = await replica.vm.targetPaths();
    const head = await until(virtV2v, { withinMs: LONG_MS, what: 'virt-v2v' });
    const writers = await until(() => writersTo(path), { withinMs: LONG_MS, what: 'a server of the disk' });
    const writes = (): boolean => writers.some((pid) => bytesWrittenBy(pid) > MiB);
    await until(writes, { withinMs: LONG_MS, what: 'a conversion that writes' });
    return { head, writers };
  }

  const live = () => liveFailover(lab.stand, { powerOffSource: true, performFinalSync: true, skipVirtio: false });

  async function expectUndone(jobId: string, errorCode: string, seed: number): Promise<void> {
    await expectJob(lab.stand.db, await ended(jobId), { status: 'failed', errorCode });
    expect(await findFailover(lab.stand.db, jobId)).toMatchObject({ status: 'failed', remaining: null });
    await expectBack(seed);
  }

  test('that is killed with all of its group is undone', async () => {
    const jobId = await begun(live());
    process.kill(-(await converting()).head, 'SIGKILL');
    await expectUndone(jobId, 'conversion.failed', 2);
  });

  test('that loses its volume daemon is undone, whatever goes on writing for a while', async () => {
    await using daemon = await MortalDaemon.start(lab.stand, {});
    const jobId = await begun(live());
    await converting();
    daemon.killNow();
    await daemon.buried();
    await daemon.start();
    await expectUndone(jobId, 'conversion.interrupted', 3);
    daemon.killNow();
    await daemon.buried();
    await lab.stand.volumeDaemon.start();
  });

  test('that takes longer than it may is undone', async () => {
    await using daemon = await MortalDaemon.start(lab.stand, { MIGRATEKIT_CONVERSION_MINUTES: '3' });
    const jobId = await begun(live());
    // However quick this machine is, it comes to no end.
    for (const pid of (await converting()).writers) await standStill(pid);
    await expectUndone(jobId, 'conversion.timeout', 4);
    daemon.killNow();
    await daemon.buried();
    await lab.stand.volumeDaemon.start();
  });
});
