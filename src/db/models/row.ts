import { Model, snakeCaseMappers, type ColumnNameMappers, type Pojo } from 'objection';

const mappers = snakeCaseMappers();

/**
 * What all models share: columns are snake_case in the database and camelCase here, TINYINT(1) is a boolean, DECIMAL a
 * number. In `where` and `orderBy` columns keep the name that they have in the database. A BIGINT is a number.
 *
 * Every column is `declare`d: a field without it would be created as undefined and shadow what was read. Models are
 * bound to a connection per query (`Model.query(db)`), never globally, and do not leave src/db.
 */
export class Row extends Model {
  /** Properties that are TINYINT(1). */
  static booleans: readonly string[] = [];
  /** Properties that are DECIMAL, which the driver gives as a string. */
  static decimals: readonly string[] = [];

  static override get columnNameMappers(): ColumnNameMappers {
    return mappers;
  }

  override $parseDatabaseJson(row: Pojo): Pojo {
    const json = super.$parseDatabaseJson(row);
    const { booleans, decimals } = this.constructor as typeof Row;
    for (const name of booleans) if (typeof json[name] === 'number') json[name] = json[name] !== 0;
    for (const name of decimals) if (typeof json[name] === 'string') json[name] = Number(json[name]);
    return json;
  }
}
