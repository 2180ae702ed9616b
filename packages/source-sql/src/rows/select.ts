/** The SELECTs that read samples: a row begins with its key, then come features, label and columns. */
import type { Condition, Dialect, Key, SqlBound } from "../driver.js";
import { compared } from "./compare.js";
import type { Keys } from "./keys.js";
import { columnOf, readClass, readColumn, readNumber } from "./layout.js";
import type { Opening } from "./opening.js";

export interface Select {
  /** Values of the key before the first feature. */
  readonly start: number;
  /** What is selected: the key, features, label, columns. */
  readonly listed: readonly string[];
  /** One row by its key. */
  one(key: readonly Key[]): Condition;
  /** Rows by their keys, in any order. */
  many(keys: readonly (readonly Key[])[]): Condition;
  /**
   * The rows of keys in ascending order, in that order and without their keys: where there are as many rows as keys, they
   * are theirs. Only where the database keeps the key unique, and sorts by it at no cost.
   */
  ordered?(keys: readonly (readonly Key[])[]): Condition;
  /** The same for a driver's `fill`. */
  fillOrdered?(keys: readonly (readonly Key[])[]): Condition;
  /** What tells a row that `many` leaves out, for it holds no numbers, from one that is gone. */
  checked?(keys: readonly (readonly Key[])[]): Condition;
  /** What is selected without the key, for a driver's `fill`. */
  readonly filled: readonly string[];
  /** All rows from one key to another, both included, in ascending order. */
  range(first: readonly Key[], last: readonly Key[], columns?: readonly string[]): Condition;
  /** The rows of these keys, in ascending order of them. */
  sorted(keys: readonly (readonly Key[])[], columns?: readonly string[]): Condition;
  /** True where those between two keys are found by a scan, and the rows of listed keys by an index. */
  readonly listsTexts: boolean;
  /** All rows from one key to another, in the order in which the database has them; without their keys if it is theirs. */
  unsorted(first: readonly Key[], last: readonly Key[]): Condition;
  /** All rows from a key on, in that order and without their keys. */
  from(first: readonly Key[]): Condition;
  /** True where rows come in the order of their keys, and stay as they are. */
  readonly isInOrder: boolean;
}

export function selectOf(dialect: Dialect, opening: Opening, { parts }: Pick<Keys, "parts">): Select {
  const { relation, key, layout } = opening;
  const { features, label, columns } = layout;
  const isNumber = label !== undefined && label.classes === undefined;
  const numbers = [...features, ...(isNumber ? [label.column] : [])];
  const others = [
    ...(label === undefined || isNumber ? [] : [readClass(relation, dialect, label.column)]),
    ...columns.map((name) => readColumn(relation, dialect, name)),
  ];
  const read = [...numbers.map((name) => readNumber(relation, dialect, name)), ...others];
  const plain = numbers.map((name) => columnOf(relation, dialect, name));
  const areNumbers = numbers.length === 0 ? undefined : dialect.areNumbers(plain);
  const ids = parts.map(({ sql, kind }, i) =>
    dialect.strict || kind === "text" ? dialect.read(sql, key[i].type) : sql,
  );
  const select = (list: readonly string[], where: string, values: readonly SqlBound[]): Condition => ({
    sql: `SELECT ${list.join(", ")} FROM ${relation.from} WHERE ${where}`,
    values: [...relation.values, ...values],
  });
  const among = (list: readonly string[], keys: readonly (readonly Key[])[], also: string): Condition => {
    const { sql, values } = dialect.amongKeys(parts, keys);
    return select(list, `${sql}${also}`, values);
  };
  const order = parts.map((part) => dialect.order(part));
  const between = (
    first: readonly Key[],
    last: readonly Key[],
    list: readonly string[],
    also: string,
  ): Condition => {
    const low = compared(dialect, parts, ">=", first);
    const high = compared(dialect, parts, "<=", last);
    const where = [low.sql, high.sql, ...opening.where].join(" AND ");
    return select(list, `${where}${also}`, [...low.values, ...high.values]);
  };
  const isSorted = dialect.seeks && parts.length === 1 && parts[0].kind === "int" && key[0].unique;
  const [listed, also] =
    areNumbers === undefined ? [read, ""] : [[...plain, ...others], ` AND ${areNumbers}`];
  const further = opening.where.map((condition) => ` AND ${condition}`).join("");
  const isInOrder = key.length === 1 && key[0].inOrder === true;
  const filled = dialect.fillsAny ? [...plain, ...others] : read;
  return {
    start: parts.length,
    listed: [...ids, ...read],
    filled,
    one(key) {
      const conditions = parts.map((part, i) => dialect.isKey(part, key[i]));
      const where = conditions.map(({ sql }) => sql).join(" AND ");
      return select(
        read,
        where,
        conditions.flatMap(({ values }) => values),
      );
    },
    many: (keys) => among([...ids, ...listed], keys, also),
    ...(isSorted && { ordered: (keys) => among(listed, keys, `${also} ORDER BY ${order[0]}`) }),
    ...(isSorted &&
      dialect.fillsAny && { fillOrdered: (keys) => among(filled, keys, ` ORDER BY ${order[0]}`) }),
    ...(areNumbers !== undefined && { checked: (keys) => among([...ids, ...read], keys, "") }),
    range: (first, last, list = read) =>
      between(first, last, [...ids, ...list], ` ORDER BY ${order.join(", ")}`),
    sorted: (keys, list = read) => among([...ids, ...list], keys, `${further} ORDER BY ${order.join(", ")}`),
    listsTexts: dialect.listsTexts === true && parts.some(({ kind }) => kind === "text"),
    unsorted: (first, last) => between(first, last, isInOrder ? filled : [...ids, ...filled], ""),
    from(first) {
      const { sql, values } = compared(dialect, parts, ">=", first);
      return select(filled, [sql, ...opening.where].join(" AND "), values);
    },
    isInOrder,
  };
}
