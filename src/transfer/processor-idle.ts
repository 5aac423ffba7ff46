import { cpus } from 'node:os';

/**
 * How much of this machine's processors had nothing to do between two looks. Where the machine does not tell, or tells
 * of processors that a container may not use, the answer is too high: whoever asks then only tries what does not pay.
 */
export class ProcessorIdle {
  #last: { readonly idleMs: number; readonly allMs: number } | undefined;

  /** Since the last look, from 0 (nothing) to 1 (all of it); 1 at the first look. */
  look(): number {
    const now = { idleMs: 0, allMs: 0 };
    for (const { times } of cpus()) {
      now.idleMs += times.idle;
      now.allMs += times.user + times.nice + times.sys + times.irq + times.idle;
    }
    const last = this.#last;
    this.#last = now;
    if (last === undefined || now.allMs <= last.allMs) return 1;
    return (now.idleMs - last.idleMs) / (now.allMs - last.allMs);
  }
}
