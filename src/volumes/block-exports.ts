import { z } from 'zod';
import { AppError, upstream } from '../base/errors.ts';
import { endMerge } from './block-merge.ts';
import { closeNodes, deviceNode, openNodes, overlayNode, type NodesOf } from './block-nodes.ts';
import type { StorageProcess } from './storage-process.ts';

/**
 * Exports inside one qemu-storage-daemon, as three verbs over QMP. Names are made from the serial of the volume, so a
 * volume has at most one block node, and what an earlier life of ours left behind is found by name.
 * Nothing is remembered here: each verb asks qemu first. Callers serialise per volume.
 */

const DELETE_DEADLINE_MS = 30_000;

/**
 * Exports run in threads of their own only from this version on. Before it, qemu aborts with "Assertion
 * `qemu_in_main_thread() && nbd_server' failed" as soon as a client of an export in an iothread disconnects, and every
 * other export dies with it. Observed with 7.2.22 of Debian 12; blockdev-nbd.c, nbd_blockdev_client_closed.
 */
const IOTHREADS_SINCE = { major: 9, minor: 1 };

const exportsSchema = z.array(z.object({ id: z.string() }));
const objectsSchema = z.array(z.object({ name: z.string() }));

export interface ServedExport {
  /** Unique in qemu: `export-<serial>-<nonce>`. */
  readonly id: string;
  readonly serial: string;
}

export interface NewExport extends NodesOf {
  readonly id: string;
  /** Name on the wire. */
  readonly name: string;
}

export const exportId = (serial: string, nonce: string): string => `export-${serial}-${nonce}`;
const serialIn = (id: string): string => id.split('-')[1] ?? '';
const threadName = (serial: string): string => `io-${serial}`;

export function usesThreads({ major, minor }: { major: number; minor: number }): boolean {
  return major > IOTHREADS_SINCE.major || (major === IOTHREADS_SINCE.major && minor >= IOTHREADS_SINCE.minor);
}

/** The exports that qemu really serves now. */
export async function listExports({ qmp }: StorageProcess): Promise<ServedExport[]> {
  const served = exportsSchema.parse(await qmp.execute('query-block-exports', {}));
  return served.map(({ id }) => ({ id, serial: serialIn(id) }));
}

/**
 * Opens the device in qemu, proves that qemu opened this very device, and only then serves it. On failure nothing of
 * it stays. @throws conflict `export.device-open` (another node of this qemu has it); upstream `export.wrong-device`
 * (what was opened is not what was resolved: it was re-plugged in between), `qemu.*`.
 */
export async function addExport(process: StorageProcess, wanted: NewExport): Promise<void> {
  try {
    await openNodes(process, wanted, 'export');
    await serve(process, wanted);
  } catch (error) {
    // The error that is thrown says more than one of the clean-up; what stays is found by the next removeExport.
    await removeExport(process, wanted.serial).catch(() => undefined);
    throw error;
  }
}

async function serve({ qmp }: StorageProcess, { serial, id, name, overlayPath }: NewExport): Promise<void> {
  const threads = usesThreads(qmp.version);
  if (threads) await qmp.execute('object-add', { 'qom-type': 'iothread', id: threadName(serial) });
  await qmp.execute('block-export-add', {
    type: 'nbd',
    id,
    'node-name': overlayPath === null ? deviceNode(serial) : overlayNode(serial),
    name,
    writable: true,
    ...(threads ? { iothread: threadName(serial), 'fixed-iothread': true } : {}),
  });
}

/**
 * Cuts every client of this volume and takes its export and device away. When it returns, no write of theirs is under
 * way any more: qemu reports an export as deleted after its last request ended.
 * @throws upstream `export.not-deleted` when qemu does not confirm that within 30 s, `qemu.*`. Then nothing is proven.
 */
export async function removeExport(process: StorageProcess, serial: string): Promise<void> {
  for (const { id } of (await listExports(process)).filter((each) => each.serial === serial)) {
    await deleteExport(process, id);
  }
  await endMerge(process, serial);
  await closeNodes(process, serial);
  if (usesThreads(process.qmp.version)) await removeThread(process, serial);
}

async function deleteExport(process: StorageProcess, id: string): Promise<void> {
  const { qmp } = process;
  using deleted = qmp.watch((event) => event.name === 'BLOCK_EXPORT_DELETED' && event.data['id'] === id);
  const still = async (): Promise<boolean> => (await listExports(process)).some((each) => each.id === id);
  try {
    await qmp.execute('block-export-del', { id, mode: 'hard' }, { deadlineMs: DELETE_DEADLINE_MS });
  } catch (error) {
    // Refused while an earlier deletion is under way, or because that one just ended.
    if (!(error instanceof AppError) || error.code !== 'qemu.refused') throw error;
    if (!(await still())) return;
  }
  await deleted.wait(DELETE_DEADLINE_MS).catch((cause: unknown) => {
    throw notDeleted(id, cause);
  });
  if (await still()) throw notDeleted(id);
}

async function removeThread({ qmp }: StorageProcess, serial: string): Promise<void> {
  const objects = objectsSchema.parse(await qmp.execute('qom-list', { path: '/objects' }));
  if (!objects.some((each) => each.name === threadName(serial))) return;
  await qmp.execute('object-del', { id: threadName(serial) });
}

function notDeleted(id: string, cause?: unknown): AppError {
  return upstream('export.not-deleted', `qemu has not confirmed that export ${id} is gone`, {
    cause,
    details: { id },
    hint: 'requests on the device hang: until they end, nobody else may write to the volume',
  });
}
