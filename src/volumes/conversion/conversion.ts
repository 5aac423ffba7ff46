import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { precondition, toAppError, type AppError } from '../../base/errors.ts';
import {
  bootDiskOf,
  letterAdvice,
  saysWindows,
  type GuestSystem,
  type InspectedSystem,
} from '../../domain/failover/conversion.ts';
import { domainXml } from './domain-xml.ts';
import { inspect } from './inspection.ts';
import { runGroup } from './program.ts';
import { readMessage, type ToolMessage } from './tool-messages.ts';
import { checkWindowsDrivers } from './windows-drivers.ts';

/**
 * Makes the guest on some disks fit for KVM, in place, with virt-v2v. That is not transactional: whoever asks has a
 * snapshot of the disks, and goes back to it when this does not end well.
 */

export interface ConversionSettings {
  /** ISO or folder of virtio drivers for Windows. */
  readonly virtioWin: string | undefined;
  /** After that it is killed. */
  readonly timeoutMs: number;
  /** LIBGUESTFS_BACKEND_SETTINGS. */
  readonly backendSettings: string | undefined;
}

export interface ConversionDisk {
  readonly path: string;
  /** file: in the lab only. */
  readonly kind: 'block' | 'file';
}

export interface ConversionWish {
  /** In unit order. */
  readonly disks: readonly ConversionDisk[];
  /** What the source says about the guest; null where it says nothing. */
  readonly osHint: string | null;
  readonly firmware: 'bios' | 'uefi';
  readonly signal: AbortSignal;
  /** Runs before the first write. */
  readonly beforeWrite: () => Promise<void>;
  /** What virt-v2v tells about its progress. */
  readonly onMessage: (message: ToolMessage) => void;
}

export interface ConversionReport {
  readonly outcome: 'converted' | 'skipped';
  readonly reason: string;
  readonly system: GuestSystem | null;
  /** Of the disk that the firmware boots from. */
  readonly bootDisk: number | undefined;
}

const PROGRAM = 'virt-v2v-in-place';
/** What virt-v2v converts. Source: virt-v2v(1), "INPUT AND OUTPUT SUPPORT". */
const CONVERTED: ReadonlySet<string> = new Set(['linux', 'windows']);

/**
 * @throws precondition `conversion.tool-missing` (for Windows only: others are skipped), `conversion.drivers-missing`,
 * `conversion.not-inspectable`, `conversion.no-system` (a Windows that is not found), `conversion.failed`; upstream
 * `conversion.timeout`, `conversion.stuck`; the reason of `signal`
 */
export async function convertDisks(settings: ConversionSettings, wish: ConversionWish): Promise<ConversionReport> {
  let systems: InspectedSystem[];
  try {
    systems = await inspect(wish.disks, callOf(settings, wish));
  } catch (error) {
    return skippedOr(error, wish.osHint);
  }
  const [system] = systems;
  if (system === undefined) return skippedOr(noSystem(), wish.osHint);
  const bootDisk = bootDiskOf(system);
  const found = { system: infoOf(system), bootDisk };
  if (!CONVERTED.has(system.kind)) {
    return { ...found, outcome: 'skipped', reason: `virt-v2v does not convert ${nameOf(system)}` };
  }
  if (system.kind === 'windows') checkWindowsDrivers(settings.virtioWin);
  await wish.beforeWrite();
  await run(settings, wish, system.root);
  const others = systems.length > 1 ? `, the first of ${systems.length} systems on the disks` : '';
  const advice = system.kind === 'linux' ? letterAdvice(bootDisk) : '';
  return { ...found, outcome: 'converted', reason: `${nameOf(system)} was made fit for KVM${others}${advice}` };
}

/** A Linux that was not touched mostly starts; a Windows without drivers never does. */
function skippedOr(error: unknown, osHint: string | null): ConversionReport {
  const { code, message } = toAppError(error);
  if (!SKIPPED.has(code) || saysWindows(osHint)) throw error;
  return { outcome: 'skipped', reason: message, system: null, bootDisk: undefined };
}
const SKIPPED: ReadonlySet<string> = new Set(['conversion.tool-missing', 'conversion.no-system']);

const noSystem = (): AppError =>
  precondition('conversion.no-system', 'there is no system that libguestfs knows on the disks', {
    hint: 'is the guest encrypted or hibernated? shut it down cleanly and replicate again, or fail over with skip_virtio',
  });

async function run(settings: ConversionSettings, wish: ConversionWish, root: string): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'conversion-'));
  const errors: string[] = [];
  try {
    const file = join(dir, 'guest.xml');
    await writeFile(file, domainXml(wish.disks, wish.firmware), { mode: 0o600 });
    const { code, words } = await runGroup({
      ...callOf(settings, wish),
      program: PROGRAM,
      args: ['--machine-readable', '--root', root, '-i', 'libvirtxml', file],
      onLine: (line) => {
        const message = readMessage(line);
        if (message?.type === 'error') errors.push(message.text);
        if (message !== undefined) wish.onMessage(message);
      },
    });
    if (code !== 0) throw failed(errors.at(-1) ?? words.split('\n').at(-1) ?? `exit code ${code}`);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const failed = (why: string): AppError =>
  precondition('conversion.failed', `virt-v2v could not convert the guest: ${why.slice(0, 500)}`, {
    hint: 'the log of the job has what it said; the disks may be half converted: set them back to their snapshots. skip_virtio fails over without it',
  });

function callOf({ virtioWin, timeoutMs, backendSettings }: ConversionSettings, { signal }: ConversionWish) {
  const env = {
    // No libvirt daemon in between.
    LIBGUESTFS_BACKEND: 'direct',
    HOME: tmpdir(),
    ...(backendSettings === undefined ? {} : { LIBGUESTFS_BACKEND_SETTINGS: backendSettings }),
    ...(virtioWin === undefined ? {} : { VIRTIO_WIN: virtioWin }),
  };
  return { env, deadlineMs: timeoutMs, signal };
}

const infoOf = ({ kind, distribution, productName }: InspectedSystem): GuestSystem => ({
  kind,
  distribution,
  productName,
});

const nameOf = ({ kind, distribution, productName }: InspectedSystem): string =>
  [distribution === '' ? kind : distribution, productName].filter((word) => word !== '').join(' ');
