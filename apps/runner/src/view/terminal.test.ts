import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { terminalOf } from "./terminal.js";

it("listens to a stream once, however many commands of a program write to it", () => {
  const stream = new PassThrough();
  const terminals = Array.from({ length: 20 }, () => terminalOf(stream, {}));
  expect(stream.listenerCount("error")).toBe(1);
  const fault = new Error("no space left");
  stream.emit("error", fault);
  expect(terminals.map((each) => each.fault())).toEqual(terminals.map(() => fault));
  // A reader that has gone is none.
  const gone = new PassThrough();
  const left = terminalOf(gone, {});
  gone.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  expect(left.fault()).toBeUndefined();
});
