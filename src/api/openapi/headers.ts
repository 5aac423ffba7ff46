/** Headers of answers, described once: operations refer to them by name. */
export const ANSWER_HEADERS = {
  'X-Request-Id': {
    description: 'Id of the request: the X-Request-Id that it brought, or a new one. The logs and the job have it too.',
    schema: { type: 'string' },
    example: '0b0f3c1e-6d0f-4b0e-9a39-0a9be5a4b7b1',
  },
  Location: {
    description: 'Path of what was made.',
    schema: { type: 'string' },
    example: '/api/v1/replications/job-20260114-093000.123-a1b2c3',
  },
  ETag: {
    description:
      'Tag of this very answer: send it as If-None-Match to ask for news only, as If-Match to change nothing else.',
    schema: { type: 'string' },
    example: '"3q2-7wAAqBkBAAC5d0m3Yw"',
  },
  'Retry-After': {
    description: 'When it is worth to try again, seconds.',
    schema: { type: 'integer', minimum: 1 },
    example: 5,
  },
  'Idempotent-Replayed': {
    description: 'true: the request was done before, under the same Idempotency-Key; this is its answer.',
    schema: { type: 'string' },
    example: 'true',
  },
  'Set-Cookie': {
    description: 'The session for browsers: HttpOnly, SameSite=Strict.',
    schema: { type: 'string' },
    example: 'migratekit_session=...; Path=/; HttpOnly; SameSite=Strict',
  },
} as const;

export type AnswerHeader = keyof typeof ANSWER_HEADERS;

type HeaderReferences = Record<string, { $ref: string }>;

/** `headers` of an answer: these, and the one that every answer has. */
export function headerReferences(names: readonly AnswerHeader[]): HeaderReferences {
  const all = new Set<AnswerHeader>(['X-Request-Id', ...names]);
  return Object.fromEntries([...all].map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
