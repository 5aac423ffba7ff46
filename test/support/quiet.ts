import { setLogLevel } from '../../src/base/logger.ts';

// What the code under test logs would bury what Jest says. MIGRATEKIT_LOG_LEVEL=debug shows it.
setLogLevel(process.env['MIGRATEKIT_LOG_LEVEL'] ?? 'silent');
