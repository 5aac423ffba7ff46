import { z } from 'zod';
import { text } from './fields.ts';

export const OpenApi = z
  .looseObject({
    openapi: text('version of the format', '3.1.0'),
    info: z
      .looseObject({ title: text('name of the product', 'MigrateKit OSSEA'), version: text('its version', '1.0.0') })
      .meta({ description: 'what is described' }),
    paths: z
      .record(z.string(), z.record(z.string(), z.unknown()))
      .meta({ description: 'operations by path and method', example: { '/health': { get: { summary: 'Is it up' } } } }),
  })
  .meta({ id: 'OpenApi', description: 'this document' });
