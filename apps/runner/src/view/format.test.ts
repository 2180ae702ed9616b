import { expect, it } from "vitest";
import { count, duration, figure, percent, plural } from "./format.js";

it("writes figures to about four places, whatever their size", () => {
  const written = [0, 0.43211, 0.000012, 12.3456, 1234.5, 1e9, -0.5, Number.NaN, Infinity].map(figure);
  expect(written).toEqual([
    "0.0000",
    "0.4321",
    "1.20e-5",
    "12.346",
    "1234.5",
    "1.00e+9",
    "-0.5000",
    "not a number",
    "∞",
  ]);
});

it("writes durations as one would say them", () => {
  expect([0.84, 41.3, 59.7, 125, 10_920].map(duration)).toEqual([
    "0.8 s",
    "41 s",
    "1 min 0 s",
    "2 min 5 s",
    "3 h 2 min",
  ]);
});

it("counts with a comma, a plural and a per cent sign", () => {
  expect([count(12_345), plural(1, "sample"), plural(2, "class"), percent(0.034)]).toEqual([
    "12,345",
    "1 sample",
    "2 classes",
    "3%",
  ]);
});
