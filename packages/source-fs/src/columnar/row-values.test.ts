/** Instants and decimals as texts and classes: with the digits that the file has. */
import { readColumns } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { converterFor } from "./convert.js";
import { classNamesIn } from "./classes.js";
import type { Meaning, RawColumn, RawNumbers } from "./raw.js";
import { rowValues } from "./row-values.js";

function raw(meaning: Meaning, data: RawNumbers): RawColumn {
  return { rows: data.length, meaning, values: { form: "numbers", data } };
}

function valuesAs(type: string | object, column: RawColumn): unknown[] {
  const [field] = readColumns({ f: type as "text" });
  const read = rowValues(field, [column]);
  return Array.from({ length: column.rows }, (_, row) => read(row));
}

describe("instants as texts", () => {
  it("have all digits of their ticks, which a double of seconds does not", () => {
    const nanos = BigInt64Array.of(1577836800999999700n, 1577836800999999999n, -1n, 0n, 120_000_000n);
    const texts = [
      "2020-01-01T00:00:00.9999997Z",
      "2020-01-01T00:00:00.999999999Z",
      "1969-12-31T23:59:59.999999999Z",
      "1970-01-01T00:00:00Z",
      "1970-01-01T00:00:00.12Z",
    ];
    const column = raw({ kind: "instant", ticks: 1e9 }, nanos);
    expect(valuesAs("text", column)).toEqual(texts);
    expect(valuesAs("class", column)).toEqual(texts);
    const codes = Int32Array.of(1, 0);
    const coded: RawColumn = {
      ...column,
      rows: 2,
      values: { form: "coded", codes, dictionary: { form: "numbers", data: nanos } },
    };
    expect(valuesAs("text", coded)).toEqual([texts[1], texts[0]]);
  });

  it("stay in the last year of databases, and in the days of a calendar", () => {
    const micros = BigInt64Array.of(253402300799999999n, -62135596800000000n);
    expect(valuesAs("text", raw({ kind: "instant", ticks: 1e6 }, micros))).toEqual([
      "9999-12-31T23:59:59.999999Z",
      "0001-01-01T00:00:00Z",
    ]);
    const days = raw({ kind: "instant", ticks: 1 / 86_400 }, Int32Array.of(-1, 18262));
    expect(valuesAs("text", days)).toEqual(["1969-12-31T00:00:00Z", "2020-01-01T00:00:00Z"]);
  });

  it("carry where seconds with a fraction round up to the next", () => {
    // As the times of 96 bits are read.
    const seconds = raw({ kind: "instant", ticks: 1 }, Float64Array.of(1577836800.9999998, 0.25));
    expect(valuesAs("text", seconds)).toEqual(["2020-01-01T00:00:01Z", "1970-01-01T00:00:00.25Z"]);
  });

  it("are dates to the last digit, whatever format the spec states for texts", () => {
    const micros = raw({ kind: "instant", ticks: 1e6 }, BigInt64Array.of(1577836800123456n));
    const [field] = readColumns({ f: { type: "date", format: "%d.%m.%Y" } });
    const mark = (_: number, fault: Error) => {
      throw fault;
    };
    expect(converterFor(field, undefined).convert([micros], mark)).toEqual({
      kind: "numbers",
      data: Float64Array.of(1577836800.123456),
    });
  });
});

describe("decimals as classes", () => {
  it("are different where only digits beyond a double differ, and equal where only zeros do", () => {
    const unscaled = BigInt64Array.of(900719925474099301n, 900719925474099302n, 150n, -1000n, 0n, 5n);
    const column = raw({ kind: "decimal", scale: 2 }, unscaled);
    const names = ["9007199254740993.01", "9007199254740993.02", "1.5", "-10", "0", "0.05"];
    const [field] = readColumns({ f: "class" });
    expect([...classNamesIn(field, column, undefined)]).toEqual(names);
    const hundreds = raw({ kind: "decimal", scale: -2 }, BigInt64Array.of(15n, 0n));
    expect([...classNamesIn(field, hundreds, undefined)]).toEqual(["1500", "0"]);
  });
});
