import { z } from 'zod';

/** The wire of PUT /config: what may be changed while the VMA runs. Everything else is a matter of its environment. */

const percent = z.number().min(0).max(90);

/** Free space of datastores, in percent of their size; see src/domain/snapshot-space.ts. */
const SnapshotSpace = z
  .strictObject({ warn_percent: percent, stop_percent: percent, remove_percent: percent })
  .refine((levels) => levels.warn_percent > levels.stop_percent && levels.stop_percent > levels.remove_percent, {
    message: 'warn_percent must be above stop_percent, and that above remove_percent',
  });

/** What is left out stays; null goes back to what the VMA was started with. */
export const ChangeSettings = z.strictObject({
  log_level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).nullish(),
  snapshot_space: SnapshotSpace.nullish(),
});
export type ChangeSettings = z.output<typeof ChangeSettings>;

/** Null: as the VMA was started. */
export const Settings = z.object({
  log_level: ChangeSettings.shape.log_level.unwrap().nullable().default(null),
  snapshot_space: SnapshotSpace.nullable().default(null),
});
export type Settings = z.output<typeof Settings>;
