/** Values beside those that are absent. */
import type { RawNumbers, RawValues } from "../columnar/raw.js";

/** Values with places for those that are absent. */
export function spread(values: RawValues, absent: Uint8Array, count: number): RawValues {
  if (values.form === "coded") return { ...values, codes: spreadNumbers(values.codes, absent, count) };
  if (values.form === "numbers") return { form: "numbers", data: spreadNumbers(values.data, absent, count) };
  const starts = new Uint32Array(absent.length + 1);
  let from = 0;
  for (let i = 0; i < absent.length; i++) {
    if (absent[i] === 0) from++;
    starts[i + 1] = values.starts[from];
  }
  return { ...values, starts };
}

function spreadNumbers<A extends RawNumbers>(data: A, absent: Uint8Array, count: number): A {
  const all = new (data.constructor as new (length: number) => A)(absent.length);
  let from = 0;
  for (let i = 0; i < absent.length && from < count; i++) if (absent[i] === 0) all[i] = data[from++] as never;
  return all;
}
