import { expect, it } from "vitest";
import { classCodes } from "./classes.js";

it("classes are codes in order of appearance, and there is an end to them", () => {
  const column = classCodes("t.csv", "y");
  for (const [i, value] of ["b", "a", "b"].entries()) column.push(value, i + 2);
  const { codes, distinct } = column.finish();
  expect(codes).toEqual(new Int32Array(codes.buffer));
  expect([...codes]).toEqual([0, 1, 0]);
  expect(distinct).toEqual([
    { value: "b", line: 2 },
    { value: "a", line: 3 },
  ]);
  const identifiers = classCodes("t.csv", "id");
  for (let i = 0; i < 2 ** 20; i++) identifiers.push(`${i}`, i + 2);
  expect(() => identifiers.push("one more", 7)).toThrow(/"id" must hold classes.*1,048,576/);
}, 60_000);
