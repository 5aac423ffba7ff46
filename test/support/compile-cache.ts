import { join } from 'node:path';

// For the workers and daemons that tests start; as in the launcher, stripping types is most of what their start costs.
process.env['NODE_COMPILE_CACHE'] ??= join(process.cwd(), 'node_modules/.cache/migratekit-compile');
