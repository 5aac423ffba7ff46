import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { MiB } from '../../src/base/units.ts';
import { FOLDER_LOCK } from '../../src/lab/folder-lock.ts';
import type { TestLab } from './lab.ts';
import { sha256OfFile } from './nbd-servers.ts';

/** A VM of kind folder in a lab, with the disks system.img and data.img. */
export class FolderVm {
  readonly #lab: TestLab;
  readonly #name: string;
  readonly #uuid = randomUUID();
  readonly #dir: string;

  constructor(lab: TestLab, name: string) {
    this.#lab = lab;
    this.#name = name;
    this.#dir = join(lab.dir, 'source', name);
    mkdirSync(this.#dir);
    const disks = ['system.img', 'data.img'].map((file, index) => {
      writeFileSync(this.file(file), randomBytes(3 * MiB));
      truncateSync(this.file(file), 24 * MiB);
      return { disk_id: `disk-${2000 + index}`, file, format: 'raw', unit_number: index, label: file };
    });
    writeFileSync(this.file('vm.json'), JSON.stringify({ uuid: this.#uuid, name, disks }));
  }

  file(name: string): string {
    return join(this.#dir, name);
  }

  /** Makes it known and replicates it. @returns the job's id */
  async add(): Promise<string> {
    const disks = ['system.img', 'data.img'].map((path, index) => ({
      id: `disk-${2000 + index}`,
      path,
      vmdk_path: path,
      size_gb: 1,
      capacity_bytes: statSync(this.file(path)).size,
    }));
    const at = { name: this.#name, path: `/source/${this.#name}`, datacenter: 'source' };
    const { status, body } = await this.#lab.api('POST', '/replications', {
      source_vm: { id: this.#uuid, ...at, disks },
      vcenter_host: 'folder',
    });
    expect(status).toBe(202);
    return String(body['job_id']);
  }

  /** One block of 64 KiB, as whoever works on the images of such a VM has to: under the lock of its folder. */
  write(name: string, block: number): void {
    const args = ['of=' + this.file(name), 'if=/dev/urandom', 'bs=64k', 'count=1', `seek=${block}`, 'conv=notrunc'];
    execFileSync('flock', [this.file(FOLDER_LOCK), 'dd', 'status=none', ...args]);
  }

  async expectEqual(): Promise<void> {
    const { volumes } = await this.#lab.status();
    for (const [index, name] of ['system.img', 'data.img'].entries()) {
      const volume = volumes.find((each) => each.vm === this.#name && each.disk_id === `disk-${2000 + index}`);
      const source = await sha256OfFile(this.file(name));
      expect(await sha256OfFile(volume?.path ?? '', statSync(this.file(name)).size)).toBe(source);
    }
  }
}
