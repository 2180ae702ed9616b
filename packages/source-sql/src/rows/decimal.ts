/** Decimals, which databases give as texts, as numbers. */

/** A double holds any decimal of 15 digits, and gives the same digits back. */
export function isExact(decimal: string): boolean {
  const digits = /^[+-]?0*(\d*)(?:\.(\d*?)0*)?$/.exec(decimal);
  return digits !== null && `${digits[1]}${digits[2] ?? ""}`.replace(/^0+/, "").length <= 15;
}
