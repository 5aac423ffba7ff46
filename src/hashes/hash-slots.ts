import { busy } from '../base/errors.ts';

/** Disks that one daemon hashes at the same time: each costs a core at most, and about 10 MiB. */
const SLOTS = 8;

/** The places for hash streams of a daemon. */
export class HashSlots {
  readonly #places: number;
  #taken = 0;

  constructor(places: number = SLOTS) {
    this.#places = places;
  }

  /** Given back when it is disposed of. @throws busy `hashes.busy` */
  take(): Disposable {
    if (this.#taken >= this.#places) {
      throw busy('hashes.busy', `${this.#places} disks are being hashed here already`, {
        details: { places: this.#places },
        hint: 'ask again when one of them is done',
      });
    }
    this.#taken += 1;
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#taken -= 1;
        isHeld = false;
      },
    };
  }
}
