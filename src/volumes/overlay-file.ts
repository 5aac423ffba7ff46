import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { upstream } from '../base/errors.ts';
import { MINUTE } from '../base/units.ts';
import { OVERLAY_CLUSTER_BYTES } from './contract.ts';
import { identify } from './device-identity.ts';
import { syncFolder } from './overlay-folder.ts';

/** The file of an overlay: qcow2 of the length of its volume. It names no backing file: whoever opens it says what is below. */

const TOOL_DEADLINE_MS = 10 * MINUTE;
const OUTPUT_BYTES_MAX = 1024 ** 2;

const checkSchema = z.object({ 'check-errors': z.int(), corruptions: z.int().optional() });
const infoSchema = z.object({ format: z.literal('qcow2'), 'virtual-size': z.int() });

/** Makes the file and brings it and its name to the disk. @throws upstream `overlay.tool-failed` */
export async function createOverlayFile(path: string, sizeBytes: number): Promise<void> {
  const options = `cluster_size=${OVERLAY_CLUSTER_BYTES},compat=1.1,lazy_refcounts=off`;
  const { code, text } = await qemuImg(['create', '-q', '-f', 'qcow2', '-o', options, path, String(sizeBytes)]);
  if (code !== 0) throw toolFailed('create', path, text);
  const file = await open(path);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dirname(path));
}

export type OverlayState = 'good' | 'missing' | 'broken';

/**
 * Whether the file is whole, and of the length of its volume. Space that it only wastes is no fault.
 * @throws upstream `overlay.tool-failed` when that could not be found out
 */
export async function checkOverlayFile(path: string, sizeBytes?: number): Promise<OverlayState> {
  if ((await identify(path)) === undefined) return 'missing';
  const image = await imageOptions(path);
  const info = await qemuImg(['info', '--output=json', '--image-opts', image]);
  if (info.code !== 0) return isFormatError(info.text) ? 'broken' : failed('info', path, info.text);
  const { success, data } = infoSchema.safeParse(JSON.parse(info.text));
  if (!success || (sizeBytes !== undefined && data['virtual-size'] !== sizeBytes)) return 'broken';
  const { code, text } = await qemuImg(['check', '--output=json', '--image-opts', image]);
  // 0: good. 2: parts of it contradict each other. 3: it only has clusters that nothing uses. Source: qemu-img(1), check.
  if (code === 0 || code === 3) return checkSchema.parse(JSON.parse(text))['check-errors'] === 0 ? 'good' : 'broken';
  return code === 2 ? 'broken' : failed('check', path, text);
}

/**
 * Whether its file system lets a file be read and written past the page cache. tmpfs does so since Linux 6.6.
 * Source: open(2), O_DIRECT: EINVAL where it does not.
 */
export async function takesDirectAccess(path: string): Promise<boolean> {
  try {
    await (await open(path, constants.O_RDONLY | constants.O_DIRECT)).close();
    return true;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'EINVAL') return false;
    throw error;
  }
}

/** What is on the disk, where that can be told from what is in the page cache. Commas are written twice in a value. */
async function imageOptions(path: string): Promise<string> {
  const direct = (await takesDirectAccess(path)) ? 'on' : 'off';
  const file = `file.driver=file,file.filename=${path.replaceAll(',', ',,')}`;
  return `driver=qcow2,${file},file.cache.direct=${direct}`;
}

/** A file that is none of qcow2 is broken; one that cannot be read may be good. Source: qemu, block/qcow2.c, qcow2_do_open. */
const isFormatError = (text: string): boolean =>
  /not in qcow2 format|unsupported|corrupt|invalid|must be|too /i.test(text);

function failed(what: string, path: string, text: string): never {
  throw toolFailed(what, path, text);
}

function qemuImg(args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  const options = { timeout: TOOL_DEADLINE_MS, maxBuffer: OUTPUT_BYTES_MAX };
  return new Promise((resolve) => {
    execFile('qemu-img', args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, text: stdout });
      else if (typeof error.code === 'number') resolve({ code: error.code, text: error.code === 1 ? stderr : stdout });
      else resolve({ code: -1, text: error.message });
    });
  });
}

const toolFailed = (what: string, path: string, text: string): Error =>
  upstream('overlay.tool-failed', `qemu-img ${what} failed on ${path}: ${text.trim()}`, {
    details: { path },
    hint: 'is qemu-utils installed, and is the folder of overlays (MIGRATEKIT_OVERLAY_DIR) writable and not full?',
  });
