/** Values as queries return them, which is as text: the same values as their binary form gives. */
import type { CustomTypesConfig } from "pg";
import type { SqlValue } from "../driver.js";
import { integerTypes } from "./binary.js";

type Parse = (text: string) => SqlValue;

const parsers: Readonly<Record<number, Parse>> = {
  16: (text) => (text === "t" ? 1 : 0),
  17: (text) => Uint8Array.from(Buffer.from(text.slice(2), "hex")),
  700: Number,
  701: Number,
  1021: floats,
  1022: floats,
};

/** Integers as bigint. */
export const exactTypes: CustomTypesConfig = typesOf(BigInt);
/** Integers as numbers. */
export const plainTypes: CustomTypesConfig = typesOf(Number);

function typesOf(integer: Parse): CustomTypesConfig {
  const asText: Parse = (text) => text;
  return {
    getTypeParser: ((oid: number) => (integerTypes.has(oid) ? integer : (parsers[oid] ?? asText))) as never,
  };
}

function floats(text: string): Float32Array {
  const list = text.replaceAll(/[{}]/g, "");
  return Float32Array.from(list === "" ? [] : list.split(","), (value) =>
    value === "NULL" ? Number.NaN : Number(value),
  );
}
