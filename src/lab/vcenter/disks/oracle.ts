import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { notFound } from '../../../base/errors.ts';
import { labLog } from '../../../base/logger.ts';
import { isMissing, readIfThere, writeDurable } from '../../cloudstack/durable-file.ts';

/**
 * What each snapshot really held: the SHA-256 of each of its frozen disks, also long after the snapshot is gone. The
 * bytes of a removed snapshot are kept until they are hashed, also by a later start.
 */

export class Oracle {
  readonly #frozenDir: string;
  readonly #goneDir: string;
  readonly #hashDir: string;
  readonly #isKept: boolean;
  #work: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(dir: string, { frozenDir, isKept }: { readonly frozenDir: string; readonly isKept: boolean }) {
    this.#frozenDir = frozenDir;
    this.#goneDir = join(dir, 'gone');
    this.#hashDir = join(dir, 'hashes');
    this.#isKept = isKept;
  }

  async open(): Promise<void> {
    for (const path of [this.#goneDir, this.#hashDir]) await mkdir(path, { recursive: true, mode: 0o700 });
    for (const snapshot of await readdir(this.#goneDir)) this.#queue(snapshot);
  }

  /** Takes the frozen disks of a snapshot away. */
  async retire(snapshot: string): Promise<void> {
    const frozen = join(this.#frozenDir, snapshot);
    if (!this.#isKept) {
      await rm(frozen, { recursive: true, force: true });
      return;
    }
    try {
      await rename(frozen, join(this.#goneDir, snapshot));
    } catch (thrown) {
      if (!isMissing(thrown)) throw thrown;
    }
    this.#queue(snapshot);
  }

  /** SHA-256 in hexadecimal. Errors: not-found `lab.no-such-snapshot`. */
  async hashOf(snapshot: string, deviceKey: number): Promise<string> {
    const known = (): string | undefined => readIfThere(this.#hashFile(snapshot, deviceKey));
    if (known() === undefined) await this.#work;
    const hash = known() ?? (await this.#hashFrozen(snapshot, deviceKey));
    if (hash === undefined) throw notFound('lab.no-such-snapshot', `no disk ${deviceKey} was frozen for ${snapshot}`);
    return hash;
  }

  /** What is not hashed by then is hashed by the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#work;
  }

  async #hashFrozen(snapshot: string, deviceKey: number): Promise<string | undefined> {
    try {
      return await this.#record(snapshot, { deviceKey, path: join(this.#frozenDir, snapshot, `${deviceKey}.img`) });
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw thrown;
    }
  }

  #queue(snapshot: string): void {
    this.#work = this.#work
      .then(() => (this.#isClosed ? undefined : this.#hashGone(snapshot)))
      .catch((err: unknown) => labLog.error({ err, snapshot }, 'a removed snapshot cannot be hashed'));
  }

  async #hashGone(snapshot: string): Promise<void> {
    const dir = join(this.#goneDir, snapshot);
    for (const name of await readdir(dir)) {
      const deviceKey = Number(/^(\d+)\.img$/.exec(name)?.[1]);
      if (Number.isNaN(deviceKey) || readIfThere(this.#hashFile(snapshot, deviceKey)) !== undefined) continue;
      await this.#record(snapshot, { deviceKey, path: join(dir, name) });
    }
    await rm(dir, { recursive: true, force: true });
  }

  async #record(snapshot: string, disk: { readonly deviceKey: number; readonly path: string }): Promise<string> {
    const sha256 = createHash('sha256');
    for await (const chunk of createReadStream(disk.path, { highWaterMark: 1024 * 1024 })) {
      sha256.update(chunk as Buffer);
    }
    const hash = sha256.digest('hex');
    writeDurable(this.#hashFile(snapshot, disk.deviceKey), hash);
    return hash;
  }

  #hashFile(snapshot: string, deviceKey: number): string {
    return join(this.#hashDir, `${snapshot}-${deviceKey}.sha256`);
  }
}
