/** What foreign code throws, looked at by its fields: an error of another realm is no instance of ours. */

const fieldOf = (thrown: unknown, field: string): unknown =>
  typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, field) : undefined;

/** `ENOENT`, `ECONNREFUSED` and the like; empty without one. */
export function systemCode(thrown: unknown): string {
  const code = fieldOf(thrown, 'code');
  return typeof code === 'string' ? code : '';
}

/** The same, of the error or of what caused it: fetch hides it one or two causes deep. */
export function deepSystemCode(thrown: unknown): string {
  for (let error = thrown, depth = 0; error !== undefined && depth < 5; error = causeOf(error), depth += 1) {
    const code = systemCode(error);
    if (code !== '') return code;
  }
  return '';
}

/** Of several attempts that failed, the first counts. */
export function causeOf(thrown: unknown): unknown {
  const errors = fieldOf(thrown, 'errors');
  return Array.isArray(errors) ? errors[0] : fieldOf(thrown, 'cause');
}

export const isSyntaxError = (thrown: unknown): boolean => fieldOf(thrown, 'name') === 'SyntaxError';

export function messageOf(thrown: unknown): string {
  const message = fieldOf(thrown, 'message');
  return typeof message === 'string' ? message : String(thrown);
}
