import { open, type FileHandle } from 'node:fs/promises';
import { conflict, precondition, type AppError } from '../../base/errors.ts';
import { KiB } from '../../base/units.ts';
import type { ChunkHash } from './chunk-hash.ts';
import {
  bodyBytes,
  decodeFrame,
  encodeFrame,
  FRAME_HEAD_BYTES,
  FRAME_RECORDS_MAX,
  type ManifestRecord,
} from './manifest-frame.ts';

/** Which copy a manifest belongs to, and the choice of a sample that goes with it. */
export interface ManifestHeader {
  readonly identity: string;
  readonly lengthBytes: number;
  readonly seed: number;
}

const FORMAT = 'migratekit-manifest-1';
const HEADER_BYTES_MAX = 4 * KiB;

/**
 * The bytes of a manifest: a line of JSON that says which copy it belongs to, then frames. It only grows. A frame that
 * was not written whole, or not by us, ends what it says.
 */
export class ManifestFile {
  readonly header: ManifestHeader;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #hash: ChunkHash;
  readonly #startBytes: number;
  #endBytes: number;
  #isClosed = false;

  private constructor(
    file: FileHandle,
    of: { path: string; header: ManifestHeader; startBytes: number; hash: ChunkHash },
  ) {
    this.#path = of.path;
    this.header = of.header;
    this.#file = file;
    this.#hash = of.hash;
    this.#startBytes = of.startBytes;
    this.#endBytes = of.startBytes;
  }

  /** Replaces what is there. Errors: transfer.manifest-unwritable. */
  static async create(path: string, header: ManifestHeader, hash: ChunkHash): Promise<ManifestFile> {
    const { identity, lengthBytes, seed } = header;
    const line = `${JSON.stringify({ format: FORMAT, identity, length_bytes: lengthBytes, seed })}\n`;
    try {
      const file = await open(path, 'w+', 0o600);
      await writeAll(file, Buffer.from(line), 0);
      return new ManifestFile(file, { path, header, startBytes: Buffer.byteLength(line), hash });
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  /** Undefined when there is none. Errors: transfer.manifest-foreign (the file is something else; it is left alone). */
  static async openExisting(path: string, hash: ChunkHash): Promise<ManifestFile | undefined> {
    const file = await open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw unwritable(path, error);
    });
    if (file === undefined) return undefined;
    try {
      const head = Buffer.alloc(HEADER_BYTES_MAX);
      const { bytesRead } = await file.read(head, 0, head.length, 0);
      const lineBytes = head.subarray(0, bytesRead).indexOf('\n') + 1;
      const header = parseHeader(head.toString('utf8', 0, lineBytes));
      if (header !== undefined) return new ManifestFile(file, { path, header, startBytes: lineBytes, hash });
      // Nothing is lost with it: the process died while it made the file.
      if (bytesRead > 0) throw foreign(path);
      await file.close();
      return undefined;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** One call at a time. Errors: transfer.manifest-unwritable. */
  async append(records: readonly ManifestRecord[]): Promise<void> {
    for (const kind of ['data', 'zero'] as const) {
      const ofKind = records.filter((record) => record.kind === kind);
      for (let at = 0; at < ofKind.length; at += FRAME_RECORDS_MAX) {
        const frame = encodeFrame(kind, ofKind.slice(at, at + FRAME_RECORDS_MAX), this.#hash);
        try {
          await writeAll(this.#file, frame, this.#endBytes);
        } catch (error) {
          throw unwritable(this.#path, error);
        }
        this.#endBytes += frame.length;
      }
    }
  }

  /** What is in the file, frame by frame, up to the first that is damaged; `append` then continues there. */
  async *frames(): AsyncGenerator<ManifestRecord[]> {
    const disk = { lengthBytes: this.header.lengthBytes, hash: this.#hash };
    let at = this.#startBytes;
    for (;;) {
      const head = await this.#read(at, FRAME_HEAD_BYTES);
      const bytes = head === undefined ? undefined : bodyBytes(head);
      const frame = bytes === undefined ? undefined : await this.#read(at, FRAME_HEAD_BYTES + bytes);
      const records = frame === undefined ? undefined : decodeFrame(frame, disk);
      if (frame === undefined || records === undefined) break;
      yield records;
      at += frame.length;
    }
    this.#endBytes = at;
  }

  /** May be called again. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#file.close();
  }

  /** Undefined when the file ends before. */
  async #read(position: number, bytes: number): Promise<Buffer | undefined> {
    const buffer = Buffer.allocUnsafe(bytes);
    const { bytesRead } = await this.#file.read(buffer, 0, bytes, position);
    return bytesRead === bytes ? buffer : undefined;
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

function parseHeader(line: string): ManifestHeader | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { format, identity, length_bytes: lengthBytes, seed } = value as Record<string, unknown>;
  if (format !== FORMAT || typeof identity !== 'string') return undefined;
  if (typeof lengthBytes !== 'number' || typeof seed !== 'number') return undefined;
  return { identity, lengthBytes, seed };
}

function foreign(path: string): AppError {
  return conflict('transfer.manifest-foreign', `${path} is not a manifest of hashes`, {
    hint: 'remove the file, or name another place',
    details: { path },
  });
}

function unwritable(path: string, cause: unknown): AppError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return precondition('transfer.manifest-unwritable', `cannot keep the hashes in ${path}: ${why}`, {
    hint: 'it needs 50 MB per TiB; make room there, or do without verification',
    cause,
    details: { path },
  });
}
