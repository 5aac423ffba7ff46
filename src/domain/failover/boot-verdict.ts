import { z } from 'zod';
import { consoleLines, handOver, isStartOfBios, signOf } from './console-signs.ts';

/** Whether a VM that was started has come up, as far as that can be told from outside. Pure. */

export const BootVerdict = z.object({
  /**
   * booted: its console shows a system that is up. running: the cloud says that it runs, and nobody can tell more.
   * not-booted: its console shows that it is stuck, or it is off again.
   */
  verdict: z.enum(['booted', 'running', 'not-booted']),
  /** A sentence for people, with what to look at next where it has not booted or nobody can tell. */
  reason: z.string(),
  /** As the cloud tells it; null when it did not answer. */
  vmState: z.string().nullable(),
  /** The end of its console text; empty where there is none. */
  consoleLines: z.array(z.string()),
  /** From the first look to the verdict. */
  seconds: z.number().min(0),
  /** ISO 8601. */
  checkedAt: z.string(),
});
export type BootVerdict = z.output<typeof BootVerdict>;

/** One look at a VM that was started. */
export interface BootSigns {
  /** Undefined: the cloud did not answer. */
  readonly vmState: string | undefined;
  /** Undefined: there is no source of console texts, or it did not answer. */
  readonly consoleText: string | undefined;
  /** True: it was to be made with UEFI, as its source is, and the cloud says that it has a BIOS. */
  readonly isBiosForUefi?: boolean;
}

export interface BootOpinion {
  readonly verdict: BootVerdict['verdict'];
  readonly reason: string;
  /** Another look would not change it. */
  readonly isFinal: boolean;
}

/** States in which a VM that was started may still come to run. */
const ON_THE_WAY: ReadonlySet<string> = new Set(['Starting', 'Running', 'Migrating', 'Unknown']);

/**
 * What one look says. A console is believed in its last sign: firmware tries one disk after the other, and a boot loader
 * complains before it goes on.
 */
export function judgeSigns(signs: BootSigns): BootOpinion {
  const { vmState, consoleText, isBiosForUefi = false } = signs;
  if (vmState !== undefined && !ON_THE_WAY.has(vmState)) {
    return { verdict: 'not-booted', reason: `the VM is ${vmState} again`, isFinal: true };
  }
  const lines = consoleLines(consoleText ?? '');
  const sign = signOf(lines);
  if (sign !== undefined) {
    const { isUp, meaning, advice, line } = sign;
    return isUp
      ? { verdict: 'booted', reason: `${meaning}: ${line}`, isFinal: true }
      : { verdict: 'not-booted', reason: `${meaning} (${line}): ${advice}`, isFinal: false };
  }
  const last = handOver(lines);
  if (isBiosForUefi && last !== undefined && isStartOfBios(last)) {
    return {
      verdict: 'not-booted',
      reason: `nothing follows the start by BIOS (${last}): ${WRONG_BIOS}`,
      isFinal: false,
    };
  }
  const wrong = isBiosForUefi ? `; ${WRONG_BIOS}` : '';
  return { verdict: 'running', reason: `${unclear(signs, last)}${wrong}`, isFinal: false };
}

const WRONG_BIOS = 'its source starts by UEFI, and CloudStack has made it with a BIOS: give it boot type UEFI';

function unclear({ vmState, consoleText }: BootSigns, last: string | undefined): string {
  const state = vmState === undefined ? 'the cloud does not tell the state of the VM' : `the VM is ${vmState}`;
  if (consoleText === undefined) return `${state}; its console cannot be read: ${LOOK}`;
  if (consoleText.trim() === '') return `${state}; its console is empty: ${LOOK}`;
  if (last === undefined) return `${state}; its console shows no end of the boot: ${LOOK}`;
  const hangs = isStartOfBios(last) ? 'one that hangs, or a disk that needs UEFI' : 'one that hangs';
  return `${state}; its console shows nothing after ${quoted(last)}. So does a system without console=ttyS0, which may well be up, and ${hangs}: ${LOOK}`;
}

const quoted = (line: string): string => JSON.stringify(line.trim());

/** A guest that says nothing on its serial console is as a rule up, and has no console=ttyS0. */
const LOOK = 'look at its screen in CloudStack';
