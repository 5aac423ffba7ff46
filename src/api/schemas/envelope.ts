import { z } from 'zod';
import { flag, text } from './fields.ts';

/** The envelope of the families of failover and validation: refusals are problem documents, and success is always true. */
export const envelope = <S extends z.ZodRawShape>(example: string, fields: S) =>
  z.object({
    success: flag('always true; refusals are problem documents'),
    message: text('the outcome for people', example),
    ...fields,
  });
