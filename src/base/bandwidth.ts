import { KiB } from './units.ts';

/** A limit below this, in bytes per second, is MiB or kbit/s written where bytes were meant: a copy would take years. */
export const BYTES_PER_S_MIN = 64 * KiB;
