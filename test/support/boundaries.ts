/**
 * The moments at which one process asks another for something, each with a name: the moments at which a process may die
 * and somebody finds the work half done. They are counted, and something can be done at one of them.
 */

export interface Spring {
  /** The name of what is asked; undefined: whatever it is. */
  readonly what?: string | undefined;
  /** At the so-manieth of that name, from 1. */
  readonly at: number;
  /** before: the other side has not seen it. after: it has done it, and its answer is on its way. */
  readonly when: 'before' | 'after';
  /** @returns whether the asker is dead, so that nothing of it goes any further */
  readonly act: () => boolean;
}

/** One question. Each tells whether the wire ends here. */
export interface Question {
  before(): boolean;
  after(): boolean;
}

export class Boundaries {
  readonly #seen = new Map<string, number>();
  #spring: Spring | undefined;
  #left = 0;

  /** How often each thing was asked since it was last set. */
  get seen(): ReadonlyMap<string, number> {
    return this.#seen;
  }

  set(spring: Spring | undefined): void {
    this.#seen.clear();
    this.#spring = spring;
    this.#left = spring?.at ?? 0;
  }

  /** What was not met is not waited for any more; what is asked is counted on. */
  disarm(): void {
    this.#spring = undefined;
  }

  /** Somebody is about to ask this. */
  ask(what: string): Question {
    this.#seen.set(what, (this.#seen.get(what) ?? 0) + 1);
    const spring = this.#spring;
    if (spring !== undefined && (spring.what ?? what) === what) this.#left -= 1;
    const isIt = spring !== undefined && (spring.what ?? what) === what && this.#left === 0;
    if (isIt) this.#spring = undefined;
    const at = (when: Spring['when']) => (): boolean => isIt && spring.when === when && spring.act();
    return { before: at('before'), after: at('after') };
  }
}
