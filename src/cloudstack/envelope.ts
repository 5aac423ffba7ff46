import { z } from 'zod';

/**
 * The outside of CloudStack's answers: one top-level key, `<command>response` or `errorresponse`. Some commands have
 * odd keys, so the only key is taken, whatever its name. Pure.
 */

export type Envelope =
  | { readonly kind: 'value'; readonly value: Record<string, unknown> }
  | {
      readonly kind: 'error';
      readonly errorCode: number | undefined;
      readonly csErrorCode: number | undefined;
      readonly errorText: string;
    }
  /** HTML of a proxy, XML, or JSON of something else. */
  | { readonly kind: 'foreign' };

const record = z.record(z.string(), z.unknown());

export function parseEnvelope(text: string): Envelope {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { kind: 'foreign' };
  }
  const outer = record.safeParse(body);
  const keys = outer.success ? Object.values(outer.data) : [];
  const inner = record.safeParse(keys[0]);
  if (keys.length !== 1 || !inner.success) return { kind: 'foreign' };
  return errorIn(inner.data) ?? { kind: 'value', value: inner.data };
}

/** An error object, as an answer or as the result of a failed async job. */
const errorSchema = z.object({
  errorcode: z.coerce.number().optional().catch(undefined),
  cserrorcode: z.coerce.number().optional().catch(undefined),
  errortext: z.string().optional().catch(undefined),
});

/** The error that `value` is, or undefined when it is none. */
export function errorIn(value: Record<string, unknown>): (Envelope & { kind: 'error' }) | undefined {
  if (!('errorcode' in value) && !('errortext' in value)) return undefined;
  const { errorcode, cserrorcode, errortext } = errorSchema.parse(value);
  return {
    kind: 'error',
    errorCode: errorcode,
    csErrorCode: cserrorcode,
    errorText: errortext ?? 'no reason given',
  };
}

/**
 * The items of a list answer: the only array in it. An empty list has neither count nor array.
 * Returns undefined when there are several arrays: then it is not a list.
 */
export function itemsIn(value: Record<string, unknown>): { items: unknown[]; count: number | undefined } | undefined {
  const arrays = Object.values(value).filter((entry) => Array.isArray(entry));
  if (arrays.length > 1) return undefined;
  const count = Number(value['count']);
  return { items: arrays[0] ?? [], count: Number.isInteger(count) ? count : undefined };
}
