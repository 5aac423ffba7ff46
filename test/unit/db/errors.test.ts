import { describe, expect, test } from '@jest/globals';
import { conflict } from '../../../src/base/errors.ts';
import { isConnectionLost, isContention, isDuplicate, toDatabaseError } from '../../../src/db/errors.ts';

const thrown = (fields: object): Error => Object.assign(new Error('driver text'), fields);

describe('errors of the database', () => {
  test.each([
    [{ code: 'ECONNREFUSED' }, 'upstream', 'db.unreachable'],
    [{ code: 'ECONNRESET' }, 'upstream', 'db.unreachable'],
    [{ code: 'PROTOCOL_CONNECTION_LOST', fatal: true }, 'upstream', 'db.unreachable'],
    [{ code: 'ETIMEDOUT' }, 'upstream', 'db.unreachable'],
    [{ code: 'ENOTFOUND' }, 'upstream', 'db.unreachable'],
    [{ errno: 1040 }, 'upstream', 'db.unreachable'],
    [{ errno: 1053 }, 'upstream', 'db.unreachable'],
    [{ errno: 1927 }, 'upstream', 'db.unreachable'],
    [{ errno: 2006 }, 'upstream', 'db.unreachable'],
    [{ errno: 2013 }, 'upstream', 'db.unreachable'],
    [{ errno: 1020 }, 'upstream', 'db.contention'],
    [{ errno: 1205 }, 'upstream', 'db.contention'],
    [{ errno: 1213 }, 'upstream', 'db.contention'],
    [{ errno: 1045, code: 'ER_ACCESS_DENIED_ERROR' }, 'precondition', 'db.access-denied'],
    [{ errno: 1049 }, 'precondition', 'db.no-database'],
    [{ errno: 1054 }, 'precondition', 'db.schema-mismatch'],
    [{ errno: 1146 }, 'precondition', 'db.schema-mismatch'],
    [{ errno: 1062 }, 'conflict', 'db.duplicate'],
    [{ errno: 1451 }, 'conflict', 'db.referenced'],
    [{ errno: 1452 }, 'conflict', 'db.missing-reference'],
    [{ errno: 1265 }, 'invalid-request', 'db.value-rejected'],
    [{ errno: 1406 }, 'invalid-request', 'db.value-rejected'],
    [{ errno: 4025 }, 'invalid-request', 'db.value-rejected'],
    [{ errno: 1290 }, 'upstream', 'db.read-only'],
    [{ errno: 1114 }, 'upstream', 'db.full'],
    [{ errno: 3024 }, 'upstream', 'db.timeout'],
    [{ name: 'KnexTimeoutError' }, 'upstream', 'db.pool-exhausted'],
    [{ errno: 1064 }, 'upstream', 'db.failed'],
  ])('%j is %s %s', (fields, kind, code) => {
    const cause = thrown(fields);
    expect(toDatabaseError(cause)).toMatchObject({ kind, code, cause });
  });

  test('text of the server, which may quote a value, is kept only where our table has no words', () => {
    const known = toDatabaseError(thrown({ errno: 1406, sqlMessage: 'hunter2 is too long' }));
    expect(JSON.stringify([known.message, known.details])).not.toContain('hunter2');
    expect(toDatabaseError(thrown({ errno: 1064, sqlMessage: 'near WHER' })).details).toMatchObject({
      text: 'near WHER',
    });
  });

  test('an error of ours passes unchanged', () => {
    const ours = conflict('vm.busy', 'busy');
    expect(toDatabaseError(ours)).toBe(ours);
  });

  test.each(["Duplicate entry 'a' for key 'uq_x'", "Duplicate entry 'for key 'b'' for key 'some_table.uq_x'"])(
    'a duplicate tells which key it met, as MariaDB and as MySQL say it: %s',
    (sqlMessage) => {
      const error = toDatabaseError(thrown({ errno: 1062, sqlMessage }));
      expect([isDuplicate(error), isDuplicate(error, 'uq_x'), isDuplicate(error, 'uq_y')]).toEqual([true, true, false]);
    },
  );

  test('lock conflicts and lost connections are told apart, raw and translated', () => {
    for (const make of [(error: Error) => error, toDatabaseError]) {
      const deadlock = make(thrown({ errno: 1213 }));
      const lost = make(thrown({ code: 'ECONNRESET' }));
      expect([isContention(deadlock), isConnectionLost(deadlock)]).toEqual([true, false]);
      expect([isContention(lost), isConnectionLost(lost)]).toEqual([false, true]);
    }
  });
});
