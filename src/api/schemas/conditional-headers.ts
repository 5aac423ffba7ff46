import { z } from 'zod';

/** Headers of requests that depend on the state which the client has seen (RFC 9110, 13.1). */

export const IfMatch = z.object({
  'If-Match': z.string().max(1000).optional().meta({
    description: 'ETag of the state that the change is meant for; refused with 412 when that is not the state any more',
    example: '"3q2-7wAAqBkBAAC5d0m3Yw"',
  }),
});

export const IfNoneMatch = z.object({
  'If-None-Match': z.string().max(1000).optional().meta({
    description: 'ETag of the state that the client has; answered with 304 while it is still that state',
    example: '"3q2-7wAAqBkBAAC5d0m3Yw"',
  }),
});
