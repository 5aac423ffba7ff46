import { z } from 'zod';

/**
 * Fields of CloudStack's answers. Null fields are left out, numbers are strings in some versions and ids were numbers
 * in old ones; a field that cannot be read is undefined, so that one odd field does not hide the whole list.
 */

export const lenientNumber = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^-?\d+(\.\d+)?$/)
      .transform(Number),
  ])
  .optional()
  .catch(undefined);

export const lenientString = z
  .union([z.string(), z.number().transform(String)])
  .optional()
  .catch(undefined);

/** true, "true", false, "false". */
export const lenientBoolean = z
  .union([z.boolean(), z.enum(['true', 'false']).transform((value) => value === 'true')])
  .optional()
  .catch(undefined);

/** Ids are the one thing that a row cannot do without. */
export const id = z.union([z.string().min(1), z.number().transform(String)]);

/** `2021-08-27T08:46:55+0000`, as CloudStack writes moments. */
export const lenientDate = z
  .string()
  .transform((text) => new Date(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2')))
  .refine((date) => !Number.isNaN(date.getTime()))
  .optional()
  .catch(undefined);
