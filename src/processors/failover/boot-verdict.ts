import { sleep, systemClock } from '../../base/clock.ts';
import { SECOND } from '../../base/units.ts';
import type { CloudStackClient } from '../../cloudstack/client.ts';
import type { ReadConsoleText } from '../../cloudstack/console-text.ts';
import { findInstance } from '../../cloudstack/instances.ts';
import { judgeSigns, type BootOpinion, type BootSigns, type BootVerdict } from '../../domain/failover/boot-verdict.ts';
import { consoleLines } from '../../domain/failover/console-signs.ts';

/** Watches a VM that was started until it can be told whether it has come up. */

export interface BootWatch {
  readonly cloud: { readonly client: CloudStackClient };
  readonly vmId: string;
  /** Undefined: no source of console texts is configured. */
  readonly readConsole: ReadConsoleText | undefined;
  /** Of the VM as it was to be made, after its source; nothing is compared where it is not said. */
  readonly bootType?: 'UEFI' | 'BIOS';
  readonly signal: AbortSignal;
  /** From now on. A verdict is given then at the latest, a call to the cloud that hangs aside. */
  readonly deadlineMs: number;
  readonly timing?: Partial<BootTiming>;
}

export interface BootTiming {
  /** Between two looks; 2 s. */
  readonly pollMs: number;
  /** A VM without console text that still runs after this will not tell more; 20 s. */
  readonly staysMs: number;
  /** A console that shows a failure and nothing new for this long is stuck; 20 s. */
  readonly quietMs: number;
}

const TIMING: BootTiming = { pollMs: 2 * SECOND, staysMs: 20 * SECOND, quietMs: 20 * SECOND };
const CALL_TIMEOUT_MS = 10 * SECOND;
/** Kept with the job, for people. */
const LINES_KEPT = 20;

/**
 * Gives a verdict in any case: a cloud or a console that does not answer is a verdict, too, and no error.
 * @throws the reason of `signal` only
 */
export async function judgeBoot(watch: BootWatch): Promise<BootVerdict> {
  const { signal, deadlineMs } = watch;
  const timing = { ...TIMING, ...watch.timing };
  const startMs = systemClock.monotonic();
  let quietSinceMs = startMs;
  let before: string | undefined;
  for (;;) {
    const signs = await look(watch);
    const opinion = judgeSigns(signs);
    const nowMs = systemClock.monotonic();
    if (signs.consoleText !== before) quietSinceMs = nowMs;
    before = signs.consoleText;
    const seconds = (nowMs - startMs) / SECOND;
    const isOver = nowMs - startMs + timing.pollMs > deadlineMs;
    const quietMs = nowMs - quietSinceMs;
    if (isOver || opinion.isFinal || isAllThatComes({ opinion, signs, quietMs, timing })) {
      return verdictOf(opinion, signs, seconds);
    }
    await sleep(timing.pollMs, signal);
  }
}

interface Course {
  readonly opinion: BootOpinion;
  readonly signs: BootSigns;
  readonly quietMs: number;
  readonly timing: BootTiming;
}

function isAllThatComes({ opinion, signs, quietMs, timing }: Course): boolean {
  if (opinion.verdict === 'not-booted') return quietMs >= timing.quietMs;
  const isMute = signs.consoleText === undefined && signs.vmState === 'Running';
  return isMute && quietMs >= timing.staysMs;
}

async function look({ cloud, vmId, readConsole, bootType, signal }: BootWatch): Promise<BootSigns> {
  const options = { signal, timeoutMs: CALL_TIMEOUT_MS };
  const orUndefined = (): undefined => (signal.throwIfAborted(), undefined);
  const [vm, consoleText] = await Promise.all([
    findInstance(cloud.client, vmId, options).then((instance) => instance ?? { state: 'gone' }, orUndefined),
    readConsole?.(vmId, options).catch(orUndefined),
  ]);
  const isBios = vm !== undefined && 'bootType' in vm && vm.bootType === 'BIOS';
  return { vmState: vm?.state, consoleText, isBiosForUefi: bootType === 'UEFI' && isBios };
}

function verdictOf({ verdict, reason }: BootOpinion, signs: BootSigns, seconds: number): BootVerdict {
  return {
    verdict,
    reason,
    vmState: signs.vmState ?? null,
    consoleLines: consoleLines(signs.consoleText ?? '').slice(-LINES_KEPT),
    seconds: Math.round(seconds * 10) / 10,
    checkedAt: new Date(systemClock.now()).toISOString(),
  };
}
