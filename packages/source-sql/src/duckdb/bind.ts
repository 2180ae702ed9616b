/** Values of a statement as DuckDB takes them. */
import type { DuckDBPreparedStatement, DuckDBValue } from "@duckdb/node-api";
import type { SqlBound } from "../driver.js";
import type { Library } from "./library.js";

/** Binds a value to each placeholder, in their order. */
export function bind(
  { LIST, BIGINT, VARCHAR, listValue }: Library,
  statement: DuckDBPreparedStatement,
  values: readonly SqlBound[],
): void {
  const bound = values.map((value): [DuckDBValue, ReturnType<typeof LIST> | undefined] => {
    if (!isList(value)) return [plain(value), undefined];
    const text = typeof value[0] === "string";
    return [listValue(text ? value : value.map(BigInt)), LIST(text ? VARCHAR : BIGINT)];
  });
  statement.bind(
    bound.map(([value]) => value),
    bound.map(([, type]) => type as ReturnType<typeof LIST>),
  );
}

function isList(value: SqlBound): value is readonly (number | bigint | string)[] {
  return Array.isArray(value);
}

/** Whole numbers are integers to it, so that no key is compared as a fraction. */
function plain(value: SqlBound): DuckDBValue {
  return typeof value === "number" && Number.isInteger(value) ? BigInt(value) : (value as DuckDBValue);
}
