import type { CarriedDisk, PlainError } from '../thread-messages.ts';
import type { ManifestRecord } from './manifest-frame.ts';

/** What the comparing thread and one that reads for it say to each other. The bytes stay where they were read. */
export type ToReader =
  | { readonly type: 'begin'; readonly target: CarriedDisk; readonly longestBytes: number }
  | { readonly type: 'places'; readonly places: readonly ManifestRecord[] }
  | { readonly type: 'stop' };

export type FromReader =
  /** Its device is open, and is what the other thread has. */
  | { readonly type: 'ready' }
  /** The answer to the oldest `places` that has none. */
  | { readonly type: 'looked'; readonly bytes: number; readonly differing: readonly ManifestRecord[] }
  | { readonly type: 'failed'; readonly error: PlainError };
