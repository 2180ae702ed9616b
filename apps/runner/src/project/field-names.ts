/** Names of fields, from those of columns. */

const taken = ["features", "label"];

/**
 * The columns' own names, where facts can refer to them (`categories.city.count`): dots and brackets become "_". None is
 * called as the target or the vector of features is, and none is there twice.
 */
export function fieldNames(columns: readonly string[]): string[] {
  const used = new Set(taken);
  return columns.map((column) => {
    const plain = column.trim().replace(/[.[\]]+/g, "_") || "column";
    let name = plain;
    for (let copy = 2; used.has(name); copy++) name = `${plain}_${copy}`;
    used.add(name);
    return name;
  });
}
