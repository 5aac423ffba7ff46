import type { Properties } from '../objects/properties.ts';
import { text, type Value } from '../wire/value.ts';
import { VimFault } from '../wire/vim-fault.ts';

/** What is at a property path such as `config.hardware.device`. Pure. */

/** Undefined where it, or something on the way to it, is not set. Errors: VimFault InvalidProperty. */
export function valueAt(properties: Properties, path: string): Value | undefined {
  const [first = '', ...rest] = path.split('.');
  const make = Object.hasOwn(properties, first) ? properties[first] : undefined;
  if (make === undefined) throw invalidProperty(path);
  let at = make();
  for (const name of rest) {
    if (at === undefined) return undefined;
    if (at.kind !== 'structure') throw invalidProperty(path);
    if (!Object.hasOwn(at.fields, name) && !UNSET.has(name)) throw invalidProperty(path);
    at = at.fields[name];
  }
  return at;
}

/** Fields that the API has and no object here sets. */
const UNSET: ReadonlySet<string> = new Set([
  'net',
  'ipAddress',
  'bootTime',
  'question',
  'createDate',
  'vAppConfig',
  'cpuHotAddEnabled',
  'memoryHotAddEnabled',
  'managedBy',
  'faultToleranceState',
  'datastoreUrl',
]);

const invalidProperty = (path: string): VimFault =>
  new VimFault('InvalidProperty', `The property ${path} is not valid.`, { name: text(path) });

/** Each property is made once, however many paths lead into it. */
export function remembering(properties: Properties): Properties {
  const made = new Map<string, Value | undefined>();
  const entries = Object.entries(properties).map(([name, make]) => [
    name,
    (): Value | undefined => {
      if (!made.has(name)) made.set(name, make());
      return made.get(name);
    },
  ]);
  return Object.fromEntries(entries) as Properties;
}
