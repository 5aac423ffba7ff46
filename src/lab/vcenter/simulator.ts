import { join, resolve } from 'node:path';
import { MINUTE } from '../../base/units.ts';
import { Secret } from '../../config/secrets.ts';
import { openCertificate } from './certificate.ts';
import { Control } from './control/control.ts';
import { keysFile, openKeys } from './keys.ts';
import type { VmSettings } from './machine.ts';
import { createApp, listenSecurely } from './server.ts';
import { Vcenter } from './vcenter.ts';

/**
 * A vCenter for laptops, tests and the demo: the real API over real HTTPS, with VMs that have real bytes. It lives on
 * loopback and keeps everything in `dir`: a new start on the same folder goes on where the last one stopped, without its
 * sessions and tasks. Start reading at server.ts for the wire, at disks/disks.ts for the bytes.
 */

export interface SimulatorSettings {
  readonly dir: string;
  /** 0 or nothing takes a free one. */
  readonly port?: number;
  /** For the first start in `dir` only. */
  readonly vms?: readonly VmSettings[];
  /** This many cheap VMs besides; for the first start in `dir` only. */
  readonly generate?: { readonly count: number };
  /** How long a task takes before its effect; 20 ms. */
  readonly taskDelayMs?: number;
  /** A session that is not used for so long ends; 30 min, as there. */
  readonly sessionIdleMs?: number;
  /** Whether the hash of each snapshot is known after it was removed; true. It costs reading every disk once. */
  readonly isOracleKept?: boolean;
}

export interface VcenterSimulator {
  /** https://127.0.0.1:port */
  readonly url: string;
  readonly username: string;
  readonly password: Secret;
  /** SHA-1 of its certificate. */
  readonly thumbprint: string;
  /** PEM of what its certificate is signed by: itself. */
  readonly ca: string;
  /** Disk K of snapshot S is `<frozenDir>/<S moref>/<K>.img`, as long as S is there. */
  readonly frozenDir: string;
  /** https://127.0.0.1:port/control */
  readonly controlUrl: string;
  readonly controlToken: Secret;
  /** 0600; holds password and token. */
  readonly keysFile: string;
  readonly control: Control;
  /** Stops listening and working; a task whose effect has not begun never has it. */
  close(): Promise<void>;
}

/** Listens when it returns. The caller closes it. */
export async function startVcenterSimulator(settings: SimulatorSettings): Promise<VcenterSimulator> {
  const dir = resolve(settings.dir);
  const frozenDir = join(dir, 'frozen');
  const vcenter = await Vcenter.open({
    dir,
    frozenDir,
    vms: settings.vms ?? [],
    generate: settings.generate?.count ?? 0,
    taskDelayMs: settings.taskDelayMs ?? 20,
    sessionIdleMs: settings.sessionIdleMs ?? 30 * MINUTE,
    isOracleKept: settings.isOracleKept ?? true,
  });
  const keys = openKeys(dir);
  const certificate = openCertificate(dir);
  const control = new Control(vcenter);
  const listening = await listenSecurely(createApp({ vcenter, control, keys }), certificate, settings.port ?? 0);
  const url = `https://127.0.0.1:${listening.port}`;
  return {
    url,
    username: keys.username,
    password: new Secret(keys.password),
    thumbprint: certificate.thumbprint,
    ca: certificate.cert,
    frozenDir,
    controlUrl: `${url}/control`,
    controlToken: new Secret(keys.controlToken),
    keysFile: keysFile(dir),
    control,
    async close() {
      await listening.close();
      await vcenter.close();
    },
  };
}
