import { areaMethods } from './changed-areas.ts';
import { machineMethods } from './machines.ts';
import type { Method } from './method.ts';
import { propertyMethods } from './properties.ts';
import { searchMethods } from './search.ts';
import { sessionMethods } from './sessions.ts';
import { snapshotMethods } from './snapshots.ts';
import { taskMethods } from './tasks.ts';

/** Every method of the simulated vCenter, by its exact name. A family of methods is one file. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  Object.entries({
    ...sessionMethods,
    ...propertyMethods,
    ...searchMethods,
    ...snapshotMethods,
    ...machineMethods,
    ...areaMethods,
    ...taskMethods,
  }),
);
