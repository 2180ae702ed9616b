/** Numbers that are kept as bytes. */
import { half } from "../columnar/half.js";
import type { PlainValues } from "../columnar/raw.js";
import type { ParquetColumn } from "./schema.js";

export function plainer(values: PlainValues, column: ParquetColumn): PlainValues {
  return column.type.endsWith("float16") ? halves(values) : narrowed(values, column);
}

/** Decimals of up to eight bytes as whole numbers. */
function narrowed(values: PlainValues, { meaning, width, physical }: ParquetColumn): PlainValues {
  if (meaning.kind !== "decimal" || values.form !== "packed" || physical !== "FIXED_LEN_BYTE_ARRAY")
    return values;
  if (width > 8) return values;
  const { bytes, starts } = values;
  const data = new BigInt64Array(starts.length - 1);
  const padded = new Uint8Array(8);
  const view = new DataView(padded.buffer);
  for (let i = 0; i < data.length; i++) {
    padded.fill(bytes[starts[i]] >= 0x80 ? 0xff : 0, 0, 8 - width);
    padded.set(bytes.subarray(starts[i], starts[i] + width), 8 - width);
    data[i] = view.getBigInt64(0);
  }
  return { form: "numbers", data };
}

/** Numbers of 16 bits, as IEEE 754 has them. */
function halves(values: PlainValues): PlainValues {
  if (values.form !== "packed") return values;
  const { bytes, starts } = values;
  const data = new Float32Array(starts.length - 1);
  for (let i = 0; i < data.length; i++) data[i] = half(bytes[starts[i]] | (bytes[starts[i] + 1] << 8));
  return { form: "numbers", data };
}
