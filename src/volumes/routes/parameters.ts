import { z } from 'zod';

/** Most rows of a list in one answer. */
export const LIMIT = z.coerce.number().int().min(1).max(1_000).default(200);

export const VolumePath = z.object({ volume_id: z.uuid() });

/** As long as the columns that hold one. */
export const CloudId = z.string().min(1).max(191);
