import { z } from 'zod';
import { ErrorCode, Hint, text } from './fields.ts';

const Reached = z.enum(['ok', 'unreachable']);

export const Health = z
  .object({
    status: z.enum(['healthy', 'degraded']).meta({
      description:
        'degraded: this process lives, but the database does not answer (nothing works) or Redis does not (requests ' +
        'are accepted and wait)',
      example: 'healthy',
    }),
    uptime: z.number().min(0).meta({ description: 'since this process started, seconds', example: 86_400 }),
    version: text('version of this server', '1.0.0'),
    database: Reached.meta({ description: 'whether the database answers; without it nothing works', example: 'ok' }),
    redis: Reached.meta({
      description: 'whether Redis answers; without it jobs are accepted and begin when it is back',
      example: 'ok',
    }),
    vma: Reached.meta({
      description: 'whether the VMA answers; without it no source can be read: jobs wait until it is back',
      example: 'ok',
    }),
    volume_daemon: Reached.meta({
      description: 'whether the volume daemon answers; without it no target can be written: jobs wait until it is back',
      example: 'ok',
    }),
  })
  .meta({ id: 'Health', description: 'how this process and what it depends on are' });

export const Live = z
  .object({ status: z.literal('live').meta({ description: 'always live', example: 'live' }) })
  .meta({ id: 'Live', description: 'this process answers' });

const Away = z
  .object({
    part: z.enum(['redis', 'vma', 'volume-daemon']).meta({ description: 'what does not answer', example: 'vma' }),
    code: ErrorCode,
    hint: Hint,
  })
  .meta({ id: 'Away', description: 'a part that jobs need and that does not answer' });

export const Ready = z
  .object({
    status: z.enum(['ready', 'degraded']).meta({
      description: 'degraded: requests are served, but Redis is away and jobs wait for it',
      example: 'ready',
    }),
    away: z.array(Away).meta({ description: 'what jobs wait for at the moment; empty when nothing is away' }),
  })
  .meta({ id: 'Ready', description: 'this process can serve requests' });
