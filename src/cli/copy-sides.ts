import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { conflict, notFound, precondition } from '../base/errors.ts';
import { SECOND } from '../base/units.ts';
import { openNbdDevice, type NbdDevice } from '../nbd/device.ts';
import type { NbdDeviceOptions } from '../nbd/device-options.ts';
import { openLocalDevice } from '../nbd/private-server.ts';
import { isNbdUri } from '../nbd/uri.ts';
import { usage, type CopyArguments } from './copy-arguments.ts';
import { syncFolder } from './sync-folder.ts';

const NULL = 'null:';
/** A server that takes one client at a time lets the next one wait. */
const SECOND_CLIENT_MS = 3 * SECOND;

export interface CopySides {
  readonly source: NbdDevice;
  readonly target: NbdDevice;
  /** The target did not exist: it is ours, and zero. */
  readonly isTargetNew: boolean;
  /** What another thread opens the same two with. */
  readonly opening: ThreadOpening;
  /** The target once more, on connections of its own; it is closed by whoever asked, at the latest with the sides. */
  reopenTarget(how: { readonly readOnly: boolean }): Promise<Side>;
  close(): Promise<void>;
}

export interface ThreadOpening {
  readonly source: SideOpening;
  readonly target: SideOpening;
}

/** Plain data: crosses to another thread. */
export interface SideOpening {
  readonly uri: string;
  readonly options: Omit<NbdDeviceOptions, 'signal'>;
}

export interface Side {
  readonly device: NbdDevice;
  close(): Promise<void>;
}

/**
 * Opens both sides. Files and block devices get a private server each; a target file that does not exist is made with the
 * size of the source; `null:` has the size of the other side.
 */
export async function openSides(args: CopyArguments, signal: AbortSignal): Promise<CopySides> {
  await refuseSameFile(args);
  const options: NbdDeviceOptions = {
    connections: args.connections.first,
    depth: depthOf(args),
    retries: args.retries,
    tlsCertificates: args.tlsCertificates,
    signal,
  };
  const opened: Side[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((side) => side.close()));
  };
  const keep = (side: Side): Side => {
    opened.push(side);
    return side;
  };
  const openAgain = async (first: Side, how: { readonly readOnly: boolean }): Promise<Side> => {
    const again = { ...options, ...how };
    const nullBytes = first.device.sizeBytes;
    try {
      return keep(await openSide(args.target, { ...again, timeouts: { handshakeMs: SECOND_CLIENT_MS } }, nullBytes));
    } catch (error) {
      if (signal.aborted) throw error;
      // First beside it, because some servers end with their last client; now in its place.
      await first.close();
      return keep(await openSide(args.target, again, nullBytes));
    }
  };
  try {
    if (args.source === NULL) {
      const target = keep(await openSide(args.target, options, undefined));
      const source = keep(await openSide(NULL, { ...options, readOnly: true }, target.device.sizeBytes));
      const reopenTarget: CopySides['reopenTarget'] = (how) => openAgain(target, how);
      return sidesOf(args, { source: source.device, target: target.device, isTargetNew: false, reopenTarget, close });
    }
    const source = keep(await openSide(args.source, { ...options, readOnly: true, bitmap: args.bitmap }, undefined));
    const isTargetNew = await makeIfMissing(args, source.device.sizeBytes);
    const target = keep(await openSide(args.target, options, source.device.sizeBytes));
    const reopenTarget: CopySides['reopenTarget'] = (how) => openAgain(target, how);
    return sidesOf(args, { source: source.device, target: target.device, isTargetNew, reopenTarget, close });
  } catch (error) {
    await close();
    throw error;
  }
}

function sidesOf(args: CopyArguments, sides: Omit<CopySides, 'opening'>): CopySides {
  const connections = args.connections.ofThread;
  const openingOf = ({ uri, name }: NbdDevice, readOnly: boolean): SideOpening => {
    const { retries, tlsCertificates } = args;
    return { uri, options: { name, readOnly, connections, depth: depthOf(args), retries, tlsCertificates } };
  };
  return { ...sides, opening: { source: openingOf(sides.source, true), target: openingOf(sides.target, false) } };
}

const depthOf = ({ inFlight }: CopyArguments): number => Math.max(16, inFlight ?? 0);

async function openSide(name: string, options: NbdDeviceOptions, nullBytes: number | undefined): Promise<Side> {
  if (name === NULL) return openLocalDevice({ kind: 'null', sizeBytes: nullBytes ?? 0 }, options);
  if (!isNbdUri(name)) {
    await checkLocal(name);
    return openLocalDevice({ kind: 'file', path: name }, options);
  }
  const device = await openNbdDevice(name, options);
  return { device, close: () => device.close() };
}

async function checkLocal(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw notFound('copy.no-such-file', `there is no file or device ${path}`, {
      hint: 'for an NBD server write a URI: nbd://host:port/export',
      details: { path },
    });
  }
  if (found.isFile() || found.isBlockDevice()) return;
  throw precondition('copy.not-a-disk', `${path} is neither a file nor a block device`, {
    hint: 'name a disk image, a block device, an NBD URI or null:',
    details: { path },
  });
}

/** True when the target was made. Never touches what exists, and makes nothing in place of what a checkpoint speaks of. */
async function makeIfMissing({ target: name, checkpointPath }: CopyArguments, sizeBytes: number): Promise<boolean> {
  if (name === NULL || isNbdUri(name) || (await stat(name).catch(() => undefined)) !== undefined) return false;
  if (checkpointPath !== undefined && (await hasCheckpoint(checkpointPath))) {
    throw conflict(
      'copy.checkpoint-foreign',
      `${name} is gone, but the checkpoint ${checkpointPath} says it was begun`,
      {
        hint: 'remove the checkpoint to start again',
      },
    );
  }
  try {
    const file = await open(name, 'wx', 0o600);
    await file.truncate(sizeBytes);
    await file.sync();
    await file.close();
    await syncFolder(name);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return false;
    throw precondition('copy.cannot-create', `cannot create ${name}: ${(error as Error).message}`, {
      hint: 'its folder must exist, be writable and take a file of the size of SRC',
      details: { path: name },
      cause: error,
    });
  }
}

/** What is written must be none of what is read. */
async function refuseSameFile({ source, target, checkpointPath, extentsPath, changed }: CopyArguments): Promise<void> {
  const pairs: [string, string | undefined, string][] = [
    ['SRC and DST', source, target],
    ['--extents and DST', extentsPath, target],
    ['--changed and DST', changed?.path, target],
    ['--checkpoint and DST', checkpointPath, target],
    ['--checkpoint and SRC', checkpointPath, source],
  ];
  for (const [names, one, other] of pairs) {
    if (one !== undefined && (await isSameFile(one, other))) throw usage(`${names} are the same file`);
  }
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  if ([one, other].some((name) => name === NULL || isNbdUri(name))) return false;
  const [here, there] = await Promise.all([one, other].map((name) => stat(name).catch(() => undefined)));
  // Neither exists, or only one: DST is made where it is missing.
  if (here === undefined || there === undefined) return resolve(one) === resolve(other);
  return here.ino === there.ino && here.dev === there.dev;
}

/** Whether `path` holds anything of an earlier run. */
async function hasCheckpoint(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.size > 0;
}
