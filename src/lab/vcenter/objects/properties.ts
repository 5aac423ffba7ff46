import type { Value } from '../wire/value.ts';

/** Properties of a managed object by name, made when somebody asks. One that is undefined exists and is not set. */
export type Properties = Readonly<Record<string, () => Value | undefined>>;
